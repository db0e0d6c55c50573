"""How a process that serves is told to end: by SIGINT, as a terminal does, or SIGTERM, as everybody else does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable


def told_to_end(end: Callable[[], None]) -> None:
    """Call `end` when either signal comes, from a thread of its own.

    Python runs a handler in the main thread, wherever that stands. Inside the wait for an event it may hold the lock
    that setting the event takes, and would wait for itself.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: threading.Thread(target=end, daemon=True).start())
