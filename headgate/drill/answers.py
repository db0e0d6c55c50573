"""What came back to somebody who kept asking, and what it says of a failover. Pure: times are seconds of one clock."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One request: when it was due, how long it took, whether it was answered with success, and by which region."""

    at: float
    seconds: float
    good: bool
    region: str = ""

    @property
    def until(self) -> float:
        """When it came."""
        return self.at + self.seconds


@dataclass(frozen=True)
class Heard:
    """Everything that was heard so far; what was asked before `settled` has been answered, or given up."""

    answers: tuple[Answer, ...]
    settled: float

    def since(self, moment: float) -> Heard:
        """Return what was asked from a moment on."""
        return Heard(tuple(each for each in self.answers if each.at >= moment), self.settled)

    @property
    def failed(self) -> int:
        """How many requests got no answer, or no good one."""
        return sum(not each.good for each in self.answers)

    @property
    def regions(self) -> dict[str, int]:
        """Good answers by region."""
        return dict(sorted(Counter(each.region for each in self.answers if each.good).items()))


def steady(heard: Heard, moment: float, hold: float, without: str | None = None) -> Answer | None:
    """Return the first answer since when all is well, once it has been so for `hold` seconds.

    Well is: every request that was asked since is answered with success, and by another region than `without`.
    """
    asked = sorted((each for each in heard.answers if moment <= each.at < heard.settled), key=lambda each: each.at)
    first: Answer | None = None
    for each in asked:
        if not each.good or each.region == without:
            first = None
        elif first is None:
            first = each
    return first if first is not None and heard.settled - first.at >= hold else None


def worst_pause(answers: Sequence[Answer]) -> float:
    """Return the longest time in which no good answer came: what one who asks again and again had to bear."""
    came = sorted(each.until for each in answers if each.good)
    return max((later - sooner for sooner, later in itertools.pairwise(came)), default=0.0)
