"""Shows how busy pods are: annotations that KWOK's metrics serve, metrics-server scrapes and the HPA acts on."""

from __future__ import annotations

import asyncio
import logging
import time

from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.objects import Key, Pod
from headgate.sandbox.dataplane.settings import USAGE_CPU, USAGE_MEMORY
from headgate.sandbox.dataplane.simulation import Loads
from headgate.sandbox.dataplane.volumes import Volumes
from headgate.sandbox.kube import KubeClient, KubeError

log = logging.getLogger(__name__)

IDLE_CORES = 0.002
IDLE_BYTES = 64 * 2**20
# A change smaller than this moves no autoscaler, but would be a write per pod and interval.
WORTH_WRITING = 0.1


class Usage:
    """Writes usage every few seconds, and only what changed."""

    def __init__(self, client: KubeClient, cluster: Cluster, volumes: Volumes, loads: Loads, interval: float) -> None:
        self._client, self._cluster, self._volumes, self._loads = client, cluster, volumes, loads
        self._interval = interval
        self._written: dict[Key, tuple[str, float]] = {}

    async def run(self) -> None:
        """Measure and write until cancelled."""
        before = time.monotonic()
        while True:
            await asyncio.sleep(self._interval)
            now = time.monotonic()
            changes = self.measure(now - before)
            before = now
            for pod, cores, size in changes:
                await self._write(pod, cores, size)

    def measure(self, elapsed: float) -> list[tuple[Pod, float, int]]:
        """Return the pods whose usage changed, with their cores and bytes."""
        changes = []
        for pod in [pod for pod in self._cluster.pods.values() if pod.ready and not pod.gone]:
            cores = max(IDLE_CORES, self._loads.of(pod).take_cores(elapsed))
            uid, standing = self._written.get(pod.key, ("", -1.0))
            if uid == pod.uid and abs(cores - standing) <= WORTH_WRITING * max(standing, 10 * IDLE_CORES):
                continue
            size = IDLE_BYTES + sum(model.size for model in self._volumes.models.get(pod.key, ()))
            changes.append((pod, cores, size))
        return changes

    async def _write(self, pod: Pod, cores: float, size: int) -> None:
        notes = {USAGE_CPU: f"{round(cores * 1000)}m", USAGE_MEMORY: f"{size // 2**20}Mi"}
        body = {"metadata": {"uid": pod.uid, "annotations": notes}}
        try:
            await asyncio.to_thread(self._client.patch, "v1", "Pod", pod.name, body, namespace=pod.namespace)
            self._written[pod.key] = (pod.uid, cores)
        except KubeError as error:
            if error.status not in (404, 409):
                log.warning("usage of %s/%s: %s", pod.namespace, pod.name, error)

    def drop(self, pod: Pod) -> None:
        """Forget a pod that is gone."""
        self._written.pop(pod.key, None)
