"""A whole platform in a state directory of its own, driven as its users drive it: through the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
HEADGATE = [sys.executable, "-m", "headgate.cli.main"]


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both streams, for a person's eye."""
        return self.out + self.err

    def json(self) -> Any:
        """The document on standard output."""
        return json.loads(self.out)


class RunningPlatform:
    """Commands against one state directory."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self._environment: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What `eval "$(headgate env)"` gives a shell; read once the sandbox's regions exist."""
        if not self._environment:
            variables = self.run([*HEADGATE, "env", "--json"], bare=True).json()
            self._environment = {**self._bare(), **variables}
        return self._environment

    def forget_environment(self) -> None:
        """Ask again: regions came or went."""
        self._environment = {}

    def _bare(self) -> dict[str, str]:
        return {**os.environ, "HEADGATE_STATE": str(self.state), "NO_COLOR": "1"}

    def run(self, argv: Iterable[str], *, bare: bool = False, timeout: float = 600, stdin: str | None = None) -> Outcome:
        """Run a command to its end."""
        done = subprocess.run(
            list(argv),
            cwd=CHECKOUT,
            env=self._bare() if bare else self.environment,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def headgate(self, *arguments: str, timeout: float = 600) -> Outcome:
        """Run a `headgate` command."""
        return self.run([*HEADGATE, *arguments], bare=True, timeout=timeout)

    def pulumi(self, *arguments: str, timeout: float = 600) -> Outcome:
        """Run plain `pulumi`, as in a shell with `headgate env`."""
        return self.run(["pulumi", "--non-interactive", *arguments], timeout=timeout)

    def kubectl(self, region: str, *arguments: str, stdin: str | None = None) -> Outcome:
        """Run `kubectl` against a region."""
        return self.run(["kubectl", "--kubeconfig", str(self.kubeconfig(region)), *arguments], stdin=stdin)

    def status(self) -> dict[str, Any]:
        """`headgate sandbox status --json`."""
        document: dict[str, Any] = self.headgate("sandbox", "status", "--json").json()
        return document

    def region(self, name: str) -> dict[str, Any]:
        """One region of the status."""
        return next(each for each in self.status()["regions"] if each["name"] == name)

    def kubeconfig(self, region: str) -> Path:
        """The kubeconfig of a region."""
        return Path(self.headgate("sandbox", "kubeconfig", region).out.strip())

    def pid(self, process: str) -> int:
        """Process id by name, of a region's or of the sandbox's own."""
        status = self.status()
        rows = [*status["processes"], *(row for region in status["regions"] for row in region["processes"])]
        return int(next(row["pid"] for row in rows if row["name"] == process))


def eventually(check: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Wait until `check` returns something true, and return it."""
    deadline = monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        # A pause between two looks at a condition, not a wait for one.
        os.sched_yield()
        _pause()


def _pause() -> None:
    import threading

    threading.Event().wait(0.25)
