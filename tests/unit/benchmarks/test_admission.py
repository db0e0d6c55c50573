"""What is made of the API server's own count of the waits for its webhook."""

from __future__ import annotations

import pytest

from benchmarks.admission import quantile

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
