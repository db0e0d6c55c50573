"""A failover drill: a region is taken out while somebody keeps asking; measured is how soon others answer in its place.

Owns the order: all regions well, one out, others answer, back in, all well again. The region comes back however it
ends: on success, on failure, on an error, on Ctrl-C.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from headgate.drill.answers import Answer, Heard, steady, worst_pause
from headgate.drill.interrupts import undisturbed
from headgate.errors import HeadgateError

POLL = 0.25
T = TypeVar("T")
Say = Callable[[str], None]


class Asker(Protocol):
    """Somebody who keeps asking the model through the front door."""

    def now(self) -> float:
        """Return the seconds of the clock that answers are dated by."""

    def heard(self) -> Heard:
        """Return what was heard so far."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""


class Regions(Protocol):
    """The regions behind the front door, each asked by itself."""

    @property
    def names(self) -> Sequence[str]:
        """Return their names."""

    def fault_of(self, region: str) -> str:
        """Return why a region does not serve the model; nothing where it does."""


class Outage(Protocol):
    """A way to take a region out of service, and back."""

    def begin(self) -> None:
        """Take it out."""

    def holds(self) -> bool:
        """Say whether it is out."""

    def end(self) -> None:
        """Bring it back; harmless where it was never taken out."""

    def undo(self) -> dict[str, Any]:
        """Return what another process has to know to bring it back."""


@dataclass(frozen=True)
class Terms:
    """What a drill is held against, and how long it looks: seconds."""

    objective: float
    hold: float = 5.0
    patience: float = 180.0


@dataclass
class Course:
    """How a drill went, as far as it went. Times are the asker's."""

    region: str
    terms: Terms
    before: Heard | None = None
    out_at: float | None = None
    recovered: Answer | None = None
    was_out: bool = False
    back_at: float | None = None
    restored_at: float | None = None
    heard: Heard = field(default_factory=lambda: Heard((), 0.0))
    faults: list[str] = field(default_factory=list)

    @property
    def recovery_seconds(self) -> float | None:
        """From the order to take the region out to the first of the good answers from elsewhere."""
        if self.recovered is None or self.out_at is None:
            return None
        return max(0.0, self.recovered.until - self.out_at)

    @property
    def succeeded(self) -> bool:
        """Whether others answered in time, and all was well again at the end."""
        return not self.faults

    def figures(self) -> dict[str, Any]:
        """Return what was measured."""
        out = self.out_at if self.out_at is not None else self.heard.settled
        back = self.back_at if self.back_at is not None else self.heard.settled
        during = Heard(tuple(each for each in self.heard.answers if out <= each.at < back), back)
        after = self.heard.since(back)
        return {
            "recovery_seconds": _rounded(self.recovery_seconds),
            "out_seconds": _rounded(back - out),
            "restore_seconds": _rounded(None if self.restored_at is None else self.restored_at - back),
            "longest_pause_seconds": _rounded(worst_pause(self.heard.answers)),
            "requests": {
                "during": {"sent": len(during.answers), "failed": during.failed},
                "after": {"sent": len(after.answers), "failed": after.failed},
            },
            "answered_by": {
                "before": self.before.regions if self.before else {},
                "during": during.regions,
                "after": after.regions,
            },
        }


def failover(asker: Asker, regions: Regions, outage: Outage, course: Course, say: Say) -> None:
    """Drill a platform that is well; `course` tells how it went, also where this raises."""
    _out(asker, outage, course, say)
    _back(asker, regions, course, say)


def require_well(asker: Asker, regions: Regions, course: Course) -> None:
    """Refuse to begin unless every region serves, and the front door answers: nobody is to be hurt by a drill."""
    ill = {name: fault for name in regions.names if (fault := regions.fault_of(name))}
    if ill or len(regions.names) < 2 or course.region not in regions.names:
        raise _refused(course.region, regions.names, ill)
    began = asker.now()
    _until(asker, lambda: _settled_past(asker, began + course.terms.hold), course.terms.hold * 4)
    course.before = course.heard = asker.heard()
    if course.before.failed or not course.before.answers:
        raise HeadgateError(
            "the front door does not answer well enough to be drilled",
            found=f"{course.before.failed} of {len(course.before.answers)} requests failed before anything was done",
            expected="success alone",
            fix="headgate sandbox status; headgate sandbox ask MODEL",
        )


def _out(asker: Asker, outage: Outage, course: Course, say: Say) -> None:
    """Take the region out until others have answered for a while, or the objective has passed."""
    terms = course.terms
    say(f"{course.region} goes out")
    course.out_at = out_at = asker.now()
    try:
        outage.begin()
        course.recovered = _until(
            asker,
            lambda: steady(asker.heard(), out_at, terms.hold, without=course.region),
            terms.objective + 2 * terms.hold,
        )
        course.was_out = outage.holds()
    finally:
        course.back_at = asker.now()
        with undisturbed(say):
            say(f"{course.region} comes back")
            outage.end()
        course.heard = asker.heard()
    if not course.was_out:
        course.faults.append(f"{course.region} was not out of service: nothing was tried")
    if course.recovered is None:
        course.faults.append(f"others did not answer in its place within {terms.objective:g} s")
    elif (course.recovery_seconds or 0) > terms.objective:
        course.faults.append(f"others answered after {course.recovery_seconds:.1f} s, not within {terms.objective:g} s")


def _back(asker: Asker, regions: Regions, course: Course, say: Say) -> None:
    """Wait until every region serves again, and answers where it answered before."""
    terms = course.terms
    back_at = course.back_at or 0.0
    wanted = {course.region} & set(course.before.regions if course.before else ())
    say("all regions are to serve again")

    def all_well() -> bool:
        heard = asker.heard().since(back_at)
        well = steady(heard, back_at, terms.hold)
        is_back = well is not None and wanted <= set(heard.since(well.at).regions)
        return is_back and not any(regions.fault_of(name) for name in regions.names)

    if _until(asker, all_well, terms.patience):
        course.restored_at = asker.now()
    else:
        ill = [f"{name}: {fault}" for name in regions.names if (fault := regions.fault_of(name))]
        since = asker.heard().since(back_at)
        told = f"{since.failed} of {len(since.answers)} requests failed since, good answers by region: {since.regions}"
        found = "; ".join([*ill, told])
        course.faults.append(f"not all was well {terms.patience:g} s after the end: {found}")
    course.heard = asker.heard()


def _until(asker: Asker, met: Callable[[], T], seconds: float) -> T | None:
    """Return what a condition says once it says anything; None when it does not in time."""
    end = asker.now() + seconds
    while not (found := met()):
        if asker.now() >= end:
            return None
        asker.wait(POLL)
    return found


def _settled_past(asker: Asker, moment: float) -> bool:
    return asker.heard().settled >= moment


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)


def _refused(region: str, names: Sequence[str], ill: dict[str, str]) -> HeadgateError:
    """Return the error of a platform that is not drilled as it is."""
    others = [f"{name}: {fault}" for name, fault in ill.items()]
    return HeadgateError(
        "a failover is not drilled on this platform as it is",
        where=region,
        found="; ".join(others) or f"regions {', '.join(names) or 'none'}",
        expected="a region of the platform, another one beside it, and the model served by each",
        fix="headgate sandbox status",
    )
