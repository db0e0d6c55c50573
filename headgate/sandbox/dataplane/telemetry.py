"""What a data plane counts: requests, latency, queues, pulls."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.metrics import Counter, Gauge, Histogram, Labels, Metric, exposition
from headgate.sandbox.dataplane.simulation import Loads, PodLoad


class Telemetry:
    """The metrics of one region, all with its name."""

    def __init__(self, location: str, cluster: Cluster, loads: Loads) -> None:
        self.location, self._cluster, self._loads = location, cluster, loads
        asked: Labels = ("region", "namespace", "model", "version", "protocol", "code")
        self.requests = Counter("headgate_inference_requests_total", "Inference requests answered.", asked)
        self.duration = Histogram(
            "headgate_inference_duration_seconds",
            "From a request's arrival to its answer.",
            ("region", "namespace", "model", "version"),
        )
        self.pulls = Counter(
            "headgate_model_pulls_total", "Models brought to a pod, by result.", ("region", "namespace", "result")
        )
        self.kept = Counter(
            "headgate_inference_cache_total",
            "Requests to models that keep answers, by whether one was there.",
            ("region", "namespace", "model", "version", "result"),
        )
        pod: Labels = ("region", "namespace", "pod")
        self._metrics: list[Metric] = [
            self.requests,
            self.duration,
            self.pulls,
            self.kept,
            Gauge("headgate_inference_in_flight", "Requests being worked on.", pod, lambda: self._by_pod("in_flight")),
            Gauge("headgate_inference_queue", "Requests waiting for a pod.", pod, lambda: self._by_pod("waiting")),
            Gauge(
                "headgate_model_pods", "Pods with models, by readiness.", ("region", "namespace", "ready"), self._pods
            ),
        ]

    def certificate(self, name: str, read: Callable[[], float]) -> None:
        """Tell when a certificate that is served runs out; `read` returns it in seconds since 1970."""
        labels: Labels = ("region", "certificate")
        text = "When a certificate that is served runs out."
        gauge = Gauge(
            "headgate_certificate_not_after_timestamp_seconds",
            text,
            labels,
            lambda: {(self.location, name): read()},
        )
        self._metrics.append(gauge)

    def show(self, metrics: Iterable[Metric]) -> None:
        """Show more figures, which others know."""
        self._metrics += metrics

    def answered(self, namespace: str, model: str, version: str, protocol: str, code: str, seconds: float) -> None:
        """Record one answer."""
        self.requests.add(self.location, namespace, model, version, protocol, code)
        self.duration.observe(seconds, self.location, namespace, model, version)

    def looked_up(self, namespace: str, model: str, version: str, found: bool) -> None:
        """Record one look for a kept answer."""
        self.kept.add(self.location, namespace, model, version, "hit" if found else "miss")

    def pulled(self, namespace: str, result: str) -> None:
        """Record one pull, or one that failed."""
        self.pulls.add(self.location, namespace, result)

    def page(self) -> str:
        """Return the page that Prometheus scrapes."""
        return exposition(self._metrics)

    def _by_pod(self, field: str) -> dict[Labels, float]:
        loads: list[PodLoad] = list(self._loads.by_pod.values())
        return {(self.location, *load.pod.key): float(getattr(load, field)) for load in loads}

    def _pods(self) -> dict[Labels, float]:
        counts: dict[Labels, float] = {}
        for pod in list(self._cluster.pods.values()):
            key = (self.location, pod.namespace, "true" if pod.ready else "false")
            counts[key] = counts.get(key, 0.0) + 1
        return counts
