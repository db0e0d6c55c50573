"""Counters, gauges and histograms in Prometheus' text format: one process, three kinds, nothing more."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping

Labels = tuple[str, ...]
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Counter:
    """A number per label set that only grows."""

    kind = "counter"

    def __init__(self, name: str, text: str, labels: Labels) -> None:
        self.name, self.text, self.labels = name, text, labels
        self._values: dict[Labels, float] = {}
        self._lock = threading.Lock()

    def add(self, *values: str, amount: float = 1.0) -> None:
        """Count one, or `amount`."""
        with self._lock:
            self._values[values] = self._values.get(values, 0.0) + amount

    def lines(self) -> Iterable[str]:
        """Yield samples, in a stable order."""
        with self._lock:
            rows = sorted(self._values.items())
        for values, value in rows:
            yield sample(self.name, zip(self.labels, values, strict=True), value)


class Histogram:
    """Observations per label set, in cumulative buckets."""

    kind = "histogram"

    def __init__(self, name: str, text: str, labels: Labels, buckets: tuple[float, ...] = BUCKETS) -> None:
        self.name, self.text, self.labels, self._buckets = name, text, labels, buckets
        self._rows: dict[Labels, tuple[list[int], list[float]]] = {}
        self._lock = threading.Lock()

    def observe(self, value: float, *values: str) -> None:
        """Take one observation."""
        with self._lock:
            counts, total = self._rows.setdefault(values, ([0] * (len(self._buckets) + 1), [0.0]))
            counts[bisect_left(self._buckets, value)] += 1
            total[0] += value

    def lines(self) -> Iterable[str]:
        """Yield buckets, sum and count."""
        with self._lock:
            rows = [(key, list(counts), total[0]) for key, (counts, total) in sorted(self._rows.items())]
        for values, counts, total in rows:
            labels = list(zip(self.labels, values, strict=True))
            running = 0
            for bound, count in zip((*self._buckets, float("inf")), counts, strict=True):
                running += count
                edge = "+Inf" if bound == float("inf") else f"{bound:g}"
                yield sample(f"{self.name}_bucket", [*labels, ("le", edge)], running)
            yield sample(f"{self.name}_sum", labels, total)
            yield sample(f"{self.name}_count", labels, running)


class Gauge:
    """Values that are read when somebody asks."""

    kind = "gauge"

    def __init__(self, name: str, text: str, labels: Labels, read: Callable[[], Mapping[Labels, float]]) -> None:
        self.name, self.text, self.labels, self._read = name, text, labels, read

    def lines(self) -> Iterable[str]:
        """Yield the values of now."""
        for values, value in sorted(self._read().items()):
            yield sample(self.name, zip(self.labels, values, strict=True), value)


Metric = Counter | Histogram | Gauge


def exposition(metrics: Iterable[Metric]) -> str:
    """Return the page that Prometheus scrapes."""
    lines: list[str] = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.text}", f"# TYPE {metric.name} {metric.kind}", *metric.lines()]
    return "\n".join(lines) + "\n"


def sample(name: str, labels: Iterable[tuple[str, str]], value: float) -> str:
    """Return one line."""
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    return f"{name}{{{inside}}} {value:.10g}" if inside else f"{name} {value:.10g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
