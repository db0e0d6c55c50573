"""A platform on a clock of its own: which region answers is arithmetic, and no time passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from headgate.drill.answers import Answer, Heard

FIRST, SECOND = "uaenorth", "uaecentral"


@dataclass
class SimulatedPlatform:
    """Two regions of which the first serves; the second takes over so many seconds after the first is out."""

    detection: float = 15.0
    return_after: float = 10.0
    broken: dict[str, str] = field(default_factory=dict)
    names: Sequence[str] = (FIRST, SECOND)
    time: float = 0.0
    out: str = ""
    changed_at: float = -1000.0
    history: list[Answer] = field(default_factory=list)
    at_each_step: Callable[[SimulatedPlatform], None] = lambda _: None

    def now(self) -> float:
        """Return the time that has passed."""
        return self.time

    def heard(self) -> Heard:
        """Return what was answered so far."""
        return Heard(tuple(self.history), self.time)

    def wait(self, seconds: float) -> None:
        """Let time pass, with an answer in it."""
        self.history.append(Answer(self.time, 0.05, *self._answer()))
        self.time += seconds
        self.at_each_step(self)

    def _answer(self) -> tuple[bool, str]:
        passed = self.time - self.changed_at
        if self.out == FIRST:
            return (True, SECOND) if passed >= self.detection else (False, "")
        return (True, SECOND if passed < self.return_after else FIRST)

    def fault_of(self, region: str) -> str:
        """Return what is wrong with a region."""
        return "it stands still" if region == self.out else self.broken.get(region, "")


@dataclass
class SimulatedOutage:
    """Takes the first region of a simulated platform out."""

    platform: SimulatedPlatform
    does: bool = True
    calls: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Take it out."""
        self.calls.append("begin")
        self.platform.out = FIRST if self.does else ""
        self.platform.changed_at = self.platform.time

    def holds(self) -> bool:
        """Say whether it is out."""
        return bool(self.platform.out)

    def end(self) -> None:
        """Bring it back."""
        self.calls.append("end")
        self.platform.out = ""
        self.platform.changed_at = self.platform.time

    def undo(self) -> dict[str, Any]:
        """Return what another process has to know."""
        return {"by": "simulation", "region": FIRST}


@pytest.fixture
def platform() -> SimulatedPlatform:
    """Return a platform that is well."""
    return SimulatedPlatform()
