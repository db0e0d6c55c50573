"""The resolver that stands for Traffic Manager: which endpoint an answer names, and what probes make of one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headgate.sandbox.resolver.profile import Endpoint, Health, Monitor, Profile, Streak, choose, status

pytestmark = pytest.mark.unit

MONITOR = Monitor("/ready", 443, 10.0, 9.0, 1, "models.example.com")
FIRST = Endpoint("uaenorth", "10.64.0.10", 1, 750, True)
SECOND = Endpoint("uaecentral", "10.64.1.10", 2, 250, True)


def profile(*endpoints: Endpoint, weighted: bool = False) -> Profile:
    """Return a profile of these endpoints."""
    return Profile("tm", weighted, 5.0, MONITOR, endpoints or (FIRST, SECOND))


def drained(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that was taken out."""
    return Endpoint(endpoint.name, endpoint.target, endpoint.priority, endpoint.weight, False)


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        ({}, "uaenorth"),
        ({"uaenorth": Health.ONLINE, "uaecentral": Health.ONLINE}, "uaenorth"),
        ({"uaenorth": Health.DEGRADED, "uaecentral": Health.ONLINE}, "uaecentral"),
        ({"uaenorth": Health.DEGRADED, "uaecentral": Health.DEGRADED}, "uaenorth"),
    ],
)
def test_the_first_healthy_endpoint_is_answered(health: dict[str, Health], expected: str) -> None:
    """By priority; where none is healthy, as if all were."""
    found = choose(profile(), health, 0.0)

    assert found is not None
    assert found.name == expected


def test_a_drained_endpoint_is_never_answered() -> None:
    """Not even when no other is healthy; with nothing left there is no answer."""
    health = {"uaecentral": Health.DEGRADED}

    assert choose(profile(drained(FIRST), SECOND), health, 0.0) == SECOND
    assert choose(profile(drained(FIRST), drained(SECOND)), health, 0.0) is None


@pytest.mark.parametrize(("draw", "expected"), [(0.0, FIRST), (0.74, FIRST), (0.76, SECOND), (0.999, SECOND)])
def test_weights_share_the_answers(draw: float, expected: Endpoint) -> None:
    """750 to 250 is three of four."""
    assert choose(profile(weighted=True), {}, draw) == expected


def test_more_failures_than_are_tolerated_take_an_endpoint_out_and_one_success_brings_it_back() -> None:
    """Consecutive failures count; an endpoint that was never probed is not out."""
    streak = Streak()
    seen = [streak.health]
    for good in (False, False, True, False, True):
        streak.see(good, tolerated=1)
        seen.append(streak.health)

    assert seen == [
        Health.CHECKING,
        Health.CHECKING,
        Health.DEGRADED,
        Health.ONLINE,
        Health.ONLINE,
        Health.ONLINE,
    ]


def test_the_status_says_that_it_is_simulated() -> None:
    """Each endpoint by its probes, a drained one as disabled."""
    found = status(profile(drained(FIRST), SECOND), {"uaenorth": Health.ONLINE, "uaecentral": Health.ONLINE})

    assert found == {
        "profile": "tm",
        "simulated": "DNS answers, as a relay of connections",
        "endpoints": {"uaenorth": "Disabled", "uaecentral": "Online"},
    }


def test_a_profile_is_read_as_its_counterpart_writes_it(tmp_path: Path) -> None:
    """The file is the whole interface between the two."""
    path = tmp_path / "dns-tm.json"
    rows = [each.__dict__ for each in (FIRST, SECOND)]
    document = {"name": "tm", "weighted": False, "ttl": 5.0, "monitor": MONITOR.__dict__, "endpoints": rows}
    path.write_text(json.dumps(document))

    assert Profile.read(path) == profile()
