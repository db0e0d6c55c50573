"""One log per process, capped: an endless log must not fill the disk.

Owns rotation. Programs append to the file themselves, so it is copied and cut, never renamed under them.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

CAP = 16 * 1024 * 1024


def log_path(directory: Path, process: str) -> Path:
    """Return the log of a process, `region/name` as a folder and a file, and make the folder."""
    path = directory / f"{process}.log"
    if not path.resolve().is_relative_to(directory.resolve()):
        raise ValueError(f"a process can't be named {process!r}")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def cut(path: Path, cap: int = CAP) -> bool:
    """Keep one old copy of a log that has outgrown `cap` and begin it anew; say whether it was cut."""
    try:
        if path.stat().st_size <= cap:
            return False
    except FileNotFoundError:
        return False
    old = path.with_suffix(".log.1")
    shutil.copyfile(path, old)
    old.chmod(0o600)
    os.truncate(path, 0)
    return True


def tail(path: Path, lines: int = 8, limit: int = 64 * 1024) -> list[str]:
    """Return the last lines of a log."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - limit))
            return stream.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []


def follow(path: Path, pause: float = 0.3) -> Iterator[str]:
    """Yield what is appended, for ever; a log that was cut is followed from its new beginning."""
    position = path.stat().st_size
    while True:
        time.sleep(pause)
        if path.stat().st_size < position:
            position = 0
        with path.open("rb") as stream:
            stream.seek(position)
            chunk = stream.read()
        position += len(chunk)
        if chunk:
            yield chunk.decode(errors="replace")
