"""The page that Prometheus scrapes."""

from __future__ import annotations

import pytest

from headgate.sandbox.dataplane.metrics import Counter, Gauge, Histogram, exposition

pytestmark = pytest.mark.unit


def test_the_page_is_in_prometheus_format() -> None:
    """Help, type, cumulative buckets, escaped labels, in a stable order."""
    counter = Counter("requests_total", "Requests.", ("model", "code"))
    counter.add("m", "500")
    counter.add("m", "200", amount=2)
    histogram = Histogram("seconds", "Time.", ("model",), buckets=(0.1, 1.0))
    for value in (0.1, 0.5, 7.0):
        histogram.observe(value, 'quo"te')
    gauge = Gauge("pods", "Pods.", (), lambda: {(): 3.0})

    assert exposition([counter, histogram, gauge]) == (
        "# HELP requests_total Requests.\n"
        "# TYPE requests_total counter\n"
        'requests_total{model="m",code="200"} 2\n'
        'requests_total{model="m",code="500"} 1\n'
        "# HELP seconds Time.\n"
        "# TYPE seconds histogram\n"
        'seconds_bucket{model="quo\\"te",le="0.1"} 1\n'
        'seconds_bucket{model="quo\\"te",le="1"} 2\n'
        'seconds_bucket{model="quo\\"te",le="+Inf"} 3\n'
        'seconds_sum{model="quo\\"te"} 7.6\n'
        'seconds_count{model="quo\\"te"} 3\n'
        "# HELP pods Pods.\n"
        "# TYPE pods gauge\n"
        "pods 3\n"
    )
