"""What a load reports, and which loads are refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox import network
from headgate.sandbox.layout import StateDir
from headgate.sandbox.traffic import Latency, Load, MapResolver, Outcome, Sample

pytestmark = pytest.mark.unit


def test_an_outcome_sums_its_samples_by_region() -> None:
    """Success, statuses, latency of the successes; what nobody answered is under the empty name."""
    outcome = Outcome(
        (
            Sample(0.0, 0.1, 200, "north", "p1"),
            Sample(0.1, 0.3, 200, "north", "p2"),
            Sample(0.2, 9.0, 503, "south"),
            Sample(0.3, 10.0, 0, error="TimeoutError: "),
        )
    )

    assert outcome.as_json() == {
        "sent": 4,
        "good": 2,
        "success": 0.5,
        "statuses": {"0": 1, "200": 2, "503": 1},
        "latency": {"p50": 0.1, "p90": 0.3, "p99": 0.3, "worst": 0.3},
        "regions": {
            "": {
                "sent": 1,
                "good": 0,
                "success": 0.0,
                "statuses": {"0": 1},
                "latency": {"p50": 0.0, "p90": 0.0, "p99": 0.0, "worst": 0.0},
            },
            "north": {
                "sent": 2,
                "good": 2,
                "success": 1.0,
                "statuses": {"200": 2},
                "latency": {"p50": 0.1, "p90": 0.3, "p99": 0.3, "worst": 0.3},
            },
            "south": {
                "sent": 1,
                "good": 0,
                "success": 0.0,
                "statuses": {"503": 1},
                "latency": {"p50": 0.0, "p90": 0.0, "p99": 0.0, "worst": 0.0},
            },
        },
    }
    assert outcome.pods == {"p1": 1, "p2": 1}


def test_no_samples_are_no_success() -> None:
    """Absence is not well."""
    assert (Outcome(()).success, Latency.of([])) == (0.0, Latency())


@pytest.mark.parametrize(("rate", "seconds"), [(0, 1), (1, 0), (-1, 1), (1e6, 1), (1, 1e6), (float("nan"), 1)])
def test_a_load_out_of_bounds_is_refused(rate: float, seconds: float) -> None:
    """A typing error must not take the machine down."""
    with pytest.raises(HeadgateError, match="out of bounds"):
        Load("https://x", rate, seconds)


def test_names_are_resolved_by_the_network_map(tmp_path: Path) -> None:
    """Host and port both: many names share the one loopback address."""
    state = StateDir(tmp_path).ensure()
    network.publish(state, "edge", {"hg.azurefd.net:443": "127.0.0.1:4711"})

    (found,) = asyncio.run(MapResolver(state).resolve("hg.azurefd.net", 443))

    assert (found["hostname"], found["host"], found["port"]) == ("hg.azurefd.net", "127.0.0.1", 4711)
