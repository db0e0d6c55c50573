"""One writer per ledger: an advisory lock that ends with its process, and says whose it is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path

from headgate.audit.durable import OWNER_ONLY, write_all
from headgate.errors import HeadgateError

LOCK = "lock"
_POLL = 0.05
_SHORTEST_WAIT = 0.25  # a reader that asks `is_held` takes the lock for an instant


class WriterLock:
    """The lock, held from construction to `release`."""

    def __init__(self, path: Path, wait: float = 0.0) -> None:
        """Take the lock, waiting at most `wait` seconds; the error names the process that holds it."""
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
        except OSError as error:
            raise _closed(path, error) from error
        deadline = time.monotonic() + max(wait, _SHORTEST_WAIT)
        while not self._take():
            if time.monotonic() >= deadline:
                holder = holder_of(path)
                os.close(self._file)
                raise _busy(path, holder)
            time.sleep(_POLL)
        # A full disk takes no word of whose it is, which is for a message alone: the lock holds without.
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
            write_all(self._file, f"{os.getpid()}\n".encode())

    def _take(self) -> bool:
        """Try once."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let the next writer in."""
        os.close(self._file)


def _busy(path: Path, holder: str) -> HeadgateError:
    """Return the error of a second writer."""
    return HeadgateError(
        "another process is writing this ledger",
        where=str(path.parent),
        found=f"process {holder} holds the lock",
        expected="one writer at a time",
        fix=f"wait for process {holder} to end, or send the entries to the collector if it is one",
    )


def _closed(path: Path, error: OSError) -> HeadgateError:
    """Return the error of a ledger that this user may not write."""
    return HeadgateError(
        "the ledger can't be written",
        where=str(path),
        found=error.strerror,
        expected="a folder that you may write, with what is in it",
        fix="write it as the user whose ledger it is, or through its collector (headgate audit serve)",
    )


def holder_of(path: Path) -> str:
    """Return the process id written in a lock, or `unknown`."""
    try:
        return path.read_text().strip() or "unknown"
    except OSError:
        return "unknown"


def is_held(path: Path) -> bool:
    """Say whether some writer holds the lock now, without keeping it."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
