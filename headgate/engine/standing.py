"""Whether a stack stands as it was last deployed: same program, same settings, same state, and nobody at it.

A shortcut for bringing the sandbox up again, not a verdict: drift is found by `headgate up` and `pulumi refresh`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from headgate.engine import locks, projects
from headgate.sandbox.files import write_private
from headgate.sandbox.layout import CHECKOUT, StateDir

# What decides what is deployed. Tests and documents beside it are left out by ending.
SOURCES = (
    "Pulumi.yaml",
    "pyproject.toml",
    "infra",
    "components",
    "policies",
    "stacks",
    "headgate/stack",
    "headgate/policy",
)
_ENDINGS = {".py", ".yaml", ".json", ".rego", ".toml"}


class Standing:
    """The mark that a finished update leaves."""

    def __init__(self, state: StateDir, stack: str, project: Path = CHECKOUT) -> None:
        self._mark = state.root / "deployed" / stack
        self._project = project
        # What is not in the checkout, and is told the program by its environment.
        self._beside = state.gate_bundles
        self._state, self._stack, self._settings = state, stack, projects.read(project)
        self._state_file = projects.stack_state(state, self._settings, stack)

    def holds(self) -> bool:
        """Say whether nothing has changed since the mark was left, and no update is under way or was killed."""
        if locks.stack_locks(self._state.pulumi_backend, self._settings.name, self._stack):
            # One that was killed early has changed nothing yet, but Pulumi refuses every update until its lock is gone.
            return False
        try:
            return self._mark.read_text() == self._fingerprint()
        except OSError:
            return False

    def keep(self) -> None:
        """Leave the mark."""
        self._mark.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(self._mark, self._fingerprint())

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(self._state_file.read_bytes())
        digest.update(self._beside.read_bytes() if self._beside.is_file() else b"")
        for path in sorted(self._files()):
            digest.update(f"{path.relative_to(self._project)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def _files(self) -> Iterator[Path]:
        for source in SOURCES:
            root = self._project / source
            yield from [root] if root.is_file() else (each for each in root.rglob("*") if each.suffix in _ENDINGS)
