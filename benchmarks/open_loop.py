"""Requests that are sent when they are due, however long those before them take, and that count from then on."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

WORKERS = 64


def seconds(ask: Callable[[], None], requests: int, rate: float) -> list[float]:
    """Ask so often a second, and return the seconds from when each request was due to its answer."""

    def timed(due: float) -> float:
        ask()
        return time.monotonic() - due

    with ThreadPoolExecutor(WORKERS) as pool:
        began, answers = time.monotonic(), []
        for number in range(requests):
            due = began + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            answers.append(pool.submit(timed, due))
        return [each.result() for each in answers]
