"""A sandbox that a measurement or a long test has for itself, and what goes on beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from headgate.sandbox import lifecycle
from headgate.sandbox.layout import StateDir
from headgate.sandbox.supervisor import launch


@contextmanager
def running(state: StateDir) -> Iterator[None]:
    """Run an empty sandbox, and nothing of it afterwards."""
    lifecycle.up(state, lambda *_: None)
    try:
        yield
    finally:
        launch.stop(state)


@contextmanager
def beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Do something in a thread of its own meanwhile; it is told of the end, and waited for."""
    ended = threading.Event()
    thread = threading.Thread(target=work, args=(ended,))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
