"""Who works on a stack now, from before the engine is asked until what it did is recorded.

Owns `<state>/updates/<stack>.lock`, which the kernel lets go of with its process. A state that changes under somebody's
hands is judged by nobody.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from headgate.engine import locks, orphan
from headgate.sandbox.layout import StateDir


@contextlib.contextmanager
def working(state: StateDir, stack: str) -> Iterator[None]:
    """Work on a stack; Pulumi's own lock sees to it that only one does."""
    with _opened(state, stack) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def at_rest(state: StateDir, project: str, stack: str) -> Iterator[bool]:
    """Keep headgate from beginning, and say whether nobody is at work: no headgate, no `pulumi`, no engine left."""
    with _opened(state, stack) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        held = any(not lock.dead for lock in locks.stack_locks(state.pulumi_backend, project, stack))
        yield not held and not orphan.runs(state, stack)


@contextlib.contextmanager
def _opened(state: StateDir, stack: str) -> Iterator[int]:
    path: Path = orphan.place(state.ensure()) / f"{stack}.lock"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)
