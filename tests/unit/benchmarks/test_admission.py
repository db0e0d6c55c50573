"""What is made of the API server's own count of the waits for its webhook."""

from __future__ import annotations

import pytest

from benchmarks.admission import Measured, quantile, table

pytestmark = pytest.mark.unit
INFINITE = float("inf")


@pytest.mark.parametrize(
    ("waits", "share", "seconds"),
    [
        ({0.005: 100, 0.025: 100, INFINITE: 100}, 0.99, 0.00495),
        ({0.005: 0, 0.025: 100, INFINITE: 100}, 0.5, 0.015),
        ({0.005: 98, 0.025: 100, INFINITE: 100}, 0.99, 0.015),
        ({0.005: 0, 0.025: 0, INFINITE: 100}, 0.99, 0.025),
    ],
    ids=["all in the first", "even within a bucket", "in the second", "past the last that has an end"],
)
def test_a_quantile_is_even_within_its_bucket(waits: dict[float, float], share: float, seconds: float) -> None:
    """As Prometheus works it out; past the last bucket nothing better is known than where that begins."""
    assert quantile(waits, share) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("waits", "verdict"),
    [([0.006] * 98 + [0.02] * 2, "yes"), ([0.006] * 98 + [0.03] * 2, "no"), ([0.011] * 100, "no")],
    ids=["both", "too slow at the end", "too slow for most"],
)
def test_a_pod_keeps_what_is_promised_of_half_and_of_nearly_all(waits: list[float], verdict: str) -> None:
    """Of its own answers; what the API server counts is a row of its own."""
    buckets = {0.005: 100.0, INFINITE: 100.0}
    rows = table(Measured([0.1], waits, [0.1], [0.1], buckets, buckets)).splitlines()

    assert next(row for row in rows if "without the API server" in row).endswith(f"| 10 and 25 ms | {verdict} |")
