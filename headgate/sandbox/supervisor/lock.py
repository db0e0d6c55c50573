"""One supervisor per state directory: the lock, and who holds it.

Owns `<state>/supervisor.lock`. The kernel drops the lock with its holder, so a file left behind by a crash is stale
whatever it says inside.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


def acquire(path: Path) -> int | None:
    """Take the lock and write this process's id inside; return its descriptor, or None when somebody holds it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if is_current(path, descriptor):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            return descriptor
        os.close(descriptor)


def release(path: Path, descriptor: int) -> None:
    """Remove the lock file while still holding it, so that nobody can take a file about to vanish for the lock."""
    path.unlink(missing_ok=True)
    os.close(descriptor)


def holder(path: Path) -> int | None:
    """Return the process id of the supervisor that holds the lock, or None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        return int(text) if text.isdigit() else 0
    finally:
        os.close(descriptor)
    return None


def is_current(path: Path, descriptor: int) -> bool:
    """Say whether the path still names the file that was opened."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
