"""Tools that are already on PATH: one of the pinned version is used instead of building.

Asking a program for its version costs a process, so answers are kept by path, size and time of change.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
from pathlib import Path

from headgate.sandbox.toolchain import store
from headgate.sandbox.toolchain.catalogue import Tool


def on_path(tool: Tool) -> Path | None:
    """Return a program of that name and pinned version from PATH, or None."""
    if not tool.version_args:
        return None
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        candidate = Path(folder or ".") / tool.name
        if not candidate.is_absolute() or not os.access(candidate, os.X_OK) or candidate.is_dir():
            continue
        real = candidate.resolve()
        if real.is_relative_to(store.cache_root()):
            continue
        if _reports(real, tool):
            return real
    return None


def _reports(program: Path, tool: Tool) -> bool:
    """Whether a program's version output names the pinned release."""
    facts = program.stat()
    key = f"{program}:{facts.st_size}:{facts.st_mtime_ns}"
    known = _read()
    if key not in known:
        known[key] = _ask(program, tool)
        _write(known)
    return re.search(rf"(?<![\w.]){re.escape('v')}?{re.escape(tool.release)}(?![\w.\-])", known[key]) is not None


def _ask(program: Path, tool: Tool) -> str:
    """Run the program's version command; what fails has no version."""
    quiet = {"PULUMI_SKIP_UPDATE_CHECK": "true", "KUBECONFIG": os.devnull}
    try:
        answer = subprocess.run(
            [program, *tool.version_args],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **quiet},
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    # The first line that names a version: later ones are of Go, the platform or a library.
    lines = [line for line in (answer.stdout + answer.stderr).splitlines() if re.search(r"\d+\.\d+", line)]
    return lines[0] if answer.returncode == 0 and lines else ""


def _answers() -> Path:
    """Return where answers are kept."""
    return store.cache_root() / "ambient.json"


def _read() -> dict[str, str]:
    """Return the kept answers; a damaged file is as good as none."""
    try:
        known = json.loads(_answers().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(known: dict[str, str]) -> None:
    """Keep the answers; a cache that can't be written costs time, never correctness."""
    target = _answers()
    temporary = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(known, indent=1), encoding="utf-8")
        temporary.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
