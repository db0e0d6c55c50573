"""Being told to stop: SIGTERM is held back while a batch is under way, and ends a wait at once."""

from __future__ import annotations

import signal
from types import TracebackType

_SIGNALS = {signal.SIGTERM}


class Stop:
    """Whether this process was told to end. Use as a context manager, in the main thread."""

    def __init__(self) -> None:
        """Nobody has said anything yet."""
        self._is_set = False

    @property
    def is_set(self) -> bool:
        """Say whether the signal has come."""
        return self._is_set or bool(_SIGNALS & signal.sigpending())

    def wait(self, seconds: float) -> bool:
        """Wait for so long, or until the signal comes; return whether it has."""
        self._is_set = self._is_set or signal.sigtimedwait(_SIGNALS, seconds) is not None
        return self._is_set

    def __enter__(self) -> Stop:
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if _SIGNALS & signal.sigpending():
            self.wait(0)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
