"""Tokens of language models: how many are in flight, what was spent, and what may be.

Owns the accounts of a region, one for each model of a namespace, whatever pod answers. They begin anew with the process
and with the calendar's month; the runtime's arguments say what may be spent.
"""

from __future__ import annotations

import datetime
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from headgate.sandbox.dataplane.metrics import Counter, Gauge, Metric
from headgate.sandbox.dataplane.objects import Key, Pod

# What an answer is reserved for whose length its caller leaves to the model.
EXPECTED = 256
_MINUTE = 60.0


class SpentError(Exception):
    """A model's callers have used what they may."""


@dataclass
class Account:
    """What the callers of one model have used."""

    minute: deque[tuple[float, int]] = field(default_factory=deque)
    month: str = ""
    of_month: int = 0

    def add(self, now: float, month: str, tokens: int) -> None:
        """Book what a request cost."""
        self.turn(now, month)
        self.minute.append((now, tokens))
        self.of_month += tokens

    def turn(self, now: float, month: str) -> None:
        """Forget what was before this minute, and before this month."""
        while self.minute and self.minute[0][0] <= now - _MINUTE:
            self.minute.popleft()
        if month != self.month:
            self.month, self.of_month = month, 0

    @property
    def of_minute(self) -> int:
        """What was used within the last minute."""
        return sum(tokens for _, tokens in self.minute)


class Tokens:
    """The accounts of a region."""

    def __init__(
        self, location: str, clock: Callable[[], float] = time.monotonic, month: Callable[[], str] | None = None
    ) -> None:
        self._location, self._clock = location, clock
        self._month = month or (lambda: f"{datetime.datetime.now(datetime.UTC):%Y-%m}")
        self._accounts: dict[tuple[str, str], Account] = {}
        self._in_flight: dict[Key, int] = {}
        self._spent = Counter(
            "headgate_tokens_total",
            "Tokens of prompts and answers.",
            ("region", "namespace", "model", "version", "kind"),
        )
        self._running = Gauge(
            "headgate_tokens_in_flight",
            "Tokens of the requests that run and that wait.",
            ("region", "namespace", "pod"),
            lambda: {(location, *key): float(tokens) for key, tokens in self._in_flight.items()},
        )

    def metrics(self) -> list[Metric]:
        """Return both figures."""
        return [self._spent, self._running]

    def admit(self, pod: Pod, model: str) -> None:
        """Refuse a request whose model has no tokens left, of this minute or this month."""
        account = self._accounts.setdefault((pod.namespace, model), Account())
        account.turn(self._clock(), self._month())
        for used, limit, span in (
            (account.of_minute, pod.tokens_per_minute, "minute"),
            (account.of_month, pod.tokens_per_month, "month"),
        ):
            if limit and used >= limit:
                raise SpentError(
                    f"the callers of model {model!r} have used {used} of {limit:.0f} tokens of this {span}"
                )

    @contextmanager
    def holding(self, pod: Pod, tokens: int) -> Iterator[None]:
        """Count tokens as in flight while a request waits and runs."""
        self._in_flight[pod.key] = self._in_flight.get(pod.key, 0) + tokens
        try:
            yield
        finally:
            if pod.key in self._in_flight:
                self._in_flight[pod.key] = max(0, self._in_flight[pod.key] - tokens)

    def spend(self, pod: Pod, model: str, version: str, prompt: int, answer: int) -> None:
        """Book what a request cost."""
        account = self._accounts.setdefault((pod.namespace, model), Account())
        account.add(self._clock(), self._month(), prompt + answer)
        for kind, tokens in (("prompt", prompt), ("answer", answer)):
            self._spent.add(self._location, pod.namespace, model, version, kind, amount=float(tokens))

    def show(self, pod: Pod) -> None:
        """Show a ready pod from its first moment on: an autoscaler that finds no figure does nothing."""
        if pod.tokens_per_minute and pod.ready:
            self._in_flight.setdefault(pod.key, 0)

    def drop(self, pod: Pod) -> None:
        """Forget a pod that is gone."""
        self._in_flight.pop(pod.key, None)
