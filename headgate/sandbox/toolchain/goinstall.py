"""Which Go this machine has, asked without starting it where possible.

`tool_path` is on the way of every command, so the version comes from the VERSION file of the installation;
only a wrapper without one is run.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import HeadgateError


@dataclass(frozen=True)
class Go:
    """A Go installation: the executable and its version such as `1.26.8`."""

    executable: Path
    version: str


def installed() -> Go | None:
    """Return the Go on PATH, or None."""
    return _installed(os.environ.get("PATH", ""))


def usable(required: str, family: str) -> Go:
    """Return a Go that is new enough for a family of tools, or say what to install."""
    go = installed()
    if go is None:
        raise HeadgateError(
            f"the tools of toolchain/{family} are built with Go, and there is none on PATH",
            expected=f"Go {required} or newer",
            fix="install Go (go.dev/doc/install, or your distribution's package), then run the command again",
        )
    if _numbers(go.version) < _numbers(required):
        raise HeadgateError(
            f"Go is too old for the tools of toolchain/{family}",
            where=str(go.executable),
            found=f"Go {go.version}",
            expected=f"Go {required} or newer",
            fix="upgrade Go, or put a newer one first on PATH",
        )
    return go


@functools.cache
def _installed(path: str) -> Go | None:
    """Find Go on one value of PATH."""
    found = shutil.which("go", path=path)
    if found is None:
        return None
    executable = Path(found)
    version = _from_file(executable) or _from_program(executable)
    return Go(executable, version) if version else None


def _from_file(executable: Path) -> str | None:
    """Read VERSION beside bin/ of the installation that the executable belongs to."""
    try:
        first = (executable.resolve().parent.parent / "VERSION").read_text(encoding="utf-8").split("\n", 1)[0]
    except OSError:
        return None
    return first.removeprefix("go").strip() if first.startswith("go") else None


def _from_program(executable: Path) -> str | None:
    """Ask the program itself."""
    try:
        answer = subprocess.run(
            [executable, "version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            env={**os.environ, "GOTOOLCHAIN": "local"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"go(\d[\w.]*)", answer.stdout)
    return found.group(1) if found else None


def _numbers(version: str) -> tuple[int, ...]:
    """Order versions by their numbers (`1.26` before `1.26.8`)."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
