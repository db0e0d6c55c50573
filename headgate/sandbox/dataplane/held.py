"""What a region's pods of models hold, under the names of the programs that say it in a real cluster.

Stands in for kube-state-metrics and for NVIDIA's exporter, for the pods that the data plane serves. Requests and phases
are the API server's own; how busy a simulated GPU is, is simulated.
"""

from __future__ import annotations

from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.metrics import Gauge, Labels
from headgate.sandbox.dataplane.simulation import Loads

PHASES = ("Pending", "Running")
UNITS = {"cpu": "core", "memory": "byte"}
_POD: Labels = ("region", "namespace", "pod")


class Held:
    """The figures of one region."""

    def __init__(self, location: str, cluster: Cluster, loads: Loads) -> None:
        self._location, self._cluster, self._loads = location, cluster, loads

    def gauges(self) -> list[Gauge]:
        """Return them as metrics."""
        return [
            Gauge(
                "kube_pod_container_resource_requests",
                "What a container asks for (in place of kube-state-metrics).",
                (*_POD, "container", "resource", "unit"),
                self._requests,
            ),
            Gauge(
                "kube_pod_status_phase",
                "Whether a pod is in a phase (in place of kube-state-metrics).",
                (*_POD, "phase"),
                self._phases,
            ),
            Gauge("DCGM_FI_DEV_GPU_UTIL", "How busy a GPU is, in percent (simulated).", (*_POD, "gpu"), self._gpus),
        ]

    def _requests(self) -> dict[Labels, float]:
        return {
            (self._location, *pod.key, container, resource, UNITS.get(resource, "integer")): amount
            for pod in list(self._cluster.pods.values())
            for container, resource, amount in pod.requests
        }

    def _phases(self) -> dict[Labels, float]:
        return {
            (self._location, *pod.key, phase): float(pod.phase == phase)
            for pod in list(self._cluster.pods.values())
            for phase in PHASES
        }

    def _gpus(self) -> dict[Labels, float]:
        """Return the share of a pod's workers that are busy, as its GPUs' own."""
        return {
            (self._location, *load.pod.key, str(number)): 100.0 * min(1.0, load.in_flight / load.pod.concurrency)
            for load in list(self._loads.by_pod.values())
            for number in range(load.pod.gpus)
        }
