"""Ctrl-C and SIGTERM in a drill: both raise, so that what was begun is undone; while it is undone, both wait."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let a signal that would end the process at once raise instead."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled(on_signal):
        yield


@contextmanager
def undisturbed(say: Callable[[str], None]) -> Iterator[None]:
    """Keep signals back until the context ends, then raise for them."""
    came: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        say("not before the region is back")

    with _handled(on_signal):
        yield
    if came:
        raise KeyboardInterrupt


@contextmanager
def _handled(on_signal: Any) -> Iterator[None]:
    """Handle the signals for as long as the context lasts; elsewhere than in the main thread they are the caller's."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
