"""A signal ends what serves, wherever the main thread stands."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from headgate.ending import told_to_end

pytestmark = pytest.mark.unit
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Give back what the test runner does on a signal."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Waited(threading.Event):
    """An event whose wait gets a signal at the one moment when it holds the event's lock."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__()
        self._number = number

    def wait(self, timeout: float | None = None) -> bool:
        """Wait, as an event does, with the signal in the middle."""
        with self._cond:  # type: ignore[attr-defined]
            os.kill(os.getpid(), self._number)
        return super().wait(timeout)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_inside_of_the_wait_ends_it(number: signal.Signals) -> None:
    """The handler that would set the event itself would wait for the lock that it interrupted."""
    ended = Waited(number)
    told_to_end(ended.set)

    assert ended.wait(30)
