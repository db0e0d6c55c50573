"""The order of a failover drill: what it asks first, what it measures, and that the region always comes back."""

from __future__ import annotations

import pytest

from headgate.drill.failover import Course, Terms, failover, require_well
from headgate.errors import HeadgateError
from tests.unit.drill.conftest import FIRST, SECOND, SimulatedOutage, SimulatedPlatform

pytestmark = pytest.mark.unit


def drilled(platform: SimulatedPlatform, *, objective: float = 120.0, does: bool = True) -> tuple[Course, list[str]]:
    """Drill the first region; return how it went and what was done to it."""
    course, outage = Course(FIRST, Terms(objective, patience=30)), SimulatedOutage(platform, does)
    require_well(platform, platform, course)
    failover(platform, platform, outage, course, lambda _: None)
    return course, outage.calls


def test_a_failover_in_time_succeeds_with_its_figures(platform: SimulatedPlatform) -> None:
    """From the order to the first answer from elsewhere; what failed meanwhile; when all was well again."""
    course, calls = drilled(platform)

    figures = course.figures()
    assert (course.succeeded, course.faults, calls) == (True, [], ["begin", "end"])
    assert figures["recovery_seconds"] == pytest.approx(15.05, abs=0.5)
    assert figures["longest_pause_seconds"] == pytest.approx(15.25, abs=0.5)
    assert figures["requests"]["during"]["failed"] == 60
    assert figures["requests"]["after"]["failed"] == 0
    assert figures["answered_by"]["before"] == {FIRST: 20}
    assert set(figures["answered_by"]["during"]) == {SECOND}
    assert set(figures["answered_by"]["after"]) == {FIRST, SECOND}
    assert figures["restore_seconds"] == pytest.approx(10.25, abs=1)


def test_nobody_who_takes_over_fails_it_at_the_objective(platform: SimulatedPlatform) -> None:
    """It is not waited for longer than was promised: users may be hurt."""
    platform.detection = 1000.0

    course, calls = drilled(platform, objective=20)

    assert course.faults == ["others did not answer in its place within 20 s"]
    assert (course.figures()["recovery_seconds"], calls) == (None, ["begin", "end"])
    assert course.figures()["out_seconds"] == pytest.approx(30, abs=0.5)


def test_one_that_is_too_late_fails_it(platform: SimulatedPlatform) -> None:
    """With the time that it took."""
    course, _ = drilled(platform, objective=14.5)

    assert course.faults == ["others answered after 15.1 s, not within 14.5 s"]


def test_a_region_that_never_was_out_proves_nothing(platform: SimulatedPlatform) -> None:
    """As where the other region serves anyway, and the outage did nothing."""
    course, calls = drilled(platform, objective=5, does=False)

    assert course.faults[0] == f"{FIRST} was not out of service: nothing was tried"
    assert calls == ["begin", "end"]


def test_a_region_that_does_not_come_back_fails_it(platform: SimulatedPlatform) -> None:
    """Half a drill is none, and somebody has to look."""
    platform.return_after = 1000.0

    course, _ = drilled(platform)

    told = f"0 of 120 requests failed since, good answers by region: {{'{SECOND}': 120}}"
    assert course.faults == [f"not all was well 30 s after the end: {told}"]
    assert course.figures()["restore_seconds"] is None


def test_the_standby_is_drilled_too(platform: SimulatedPlatform) -> None:
    """It served nobody before, so nobody waits for it to serve afterwards."""
    course, outage = Course(SECOND, Terms(120)), SimulatedOutage(platform)
    platform.history.clear()
    outage.begin = lambda: setattr(platform, "out", SECOND)  # type: ignore[method-assign]
    require_well(platform, platform, course)

    failover(platform, platform, outage, course, lambda _: None)

    assert (course.succeeded, course.figures()["requests"]["during"]["failed"]) == (True, 0)


@pytest.mark.parametrize("moment", [5.5, 12.0, 40.0])
def test_ctrl_c_brings_the_region_back(platform: SimulatedPlatform, moment: float) -> None:
    """At any time after it went out: before others answer, and after."""

    def interrupt(running: SimulatedPlatform) -> None:
        if running.out and running.time >= min(moment, 20):
            raise KeyboardInterrupt

    platform.at_each_step = interrupt

    with pytest.raises(KeyboardInterrupt):
        drilled(platform)

    assert platform.out == ""


def test_an_outage_that_fails_half_way_is_ended(platform: SimulatedPlatform) -> None:
    """What has begun is undone, and the error goes on."""
    outage = SimulatedOutage(platform)

    def half() -> None:
        platform.out = FIRST
        raise HeadgateError("half-way")

    outage.begin = half  # type: ignore[method-assign]
    course = Course(FIRST, Terms(120))

    with pytest.raises(HeadgateError, match="half-way"):
        failover(platform, platform, outage, course, lambda _: None)

    assert (outage.calls, platform.out) == (["end"], "")


@pytest.mark.parametrize(
    ("broken", "chosen", "names", "found"),
    [
        ({SECOND: "HTTP 503"}, FIRST, (FIRST, SECOND), f"{SECOND}: HTTP 503"),
        ({FIRST: "no answer"}, FIRST, (FIRST, SECOND), f"{FIRST}: no answer"),
        ({}, FIRST, (FIRST,), f"regions {FIRST}"),
        ({}, "westeurope", (FIRST, SECOND), f"regions {FIRST}, {SECOND}"),
    ],
)
def test_a_platform_that_is_not_well_is_not_drilled(
    platform: SimulatedPlatform, broken: dict[str, str], chosen: str, names: tuple[str, ...], found: str
) -> None:
    """Another region that is down, no other region, a region that is none."""
    platform.broken, platform.names = broken, names

    with pytest.raises(HeadgateError, match="not drilled on this platform") as refused:
        require_well(platform, platform, Course(chosen, Terms(120)))

    assert (refused.value.found, int(refused.value.exit_code)) == (found, 2)


def test_a_front_door_that_fails_already_is_not_drilled(platform: SimulatedPlatform) -> None:
    """What it showed would be of something else."""
    platform.out, platform.names = "nobody", (FIRST, SECOND)
    platform._answer = lambda: (False, "")  # type: ignore[method-assign]

    with pytest.raises(HeadgateError, match="front door does not answer well"):
        require_well(platform, platform, Course(FIRST, Terms(120)))
