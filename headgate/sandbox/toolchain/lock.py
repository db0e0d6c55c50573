"""One build of a tool at a time, over terminals and CI jobs: a file lock per tool that says who holds it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Callable, Iterator

from headgate.errors import HeadgateError
from headgate.sandbox.toolchain import store

_POLL_SECONDS = 0.2


@contextlib.contextmanager
def exclusive(name: str, waiting: Callable[[str], None], stop: threading.Event) -> Iterator[None]:
    """Hold the lock of a tool; while another process holds it, call `waiting(who)` once and wait.

    The kernel drops the lock with its process, so a killed build never blocks the next.
    """
    path = store.cache_root() / "locks" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as handle:
        told = False
        while not _try(handle.fileno()):
            if not told:
                handle.seek(0)
                waiting(handle.read().strip() or "another process")
                told = True
            if stop.wait(_POLL_SECONDS):
                raise HeadgateError("interrupted", where=name, fix="run the command again: finished tools are kept")
        handle.seek(0)
        handle.truncate()
        handle.write(f"process {os.getpid()}")
        handle.flush()
        yield


def _try(descriptor: int) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
