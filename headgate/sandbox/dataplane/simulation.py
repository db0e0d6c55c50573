"""How busy a simulated pod is: so many requests at once, so long each, a queue before it, and its CPU."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from headgate.sandbox.dataplane.objects import Key, Pod

QUEUE_FACTOR = 32
QUEUE_TIMEOUT = 10.0


class OverloadedError(Exception):
    """A pod's queue is full, or a request waited in it for too long."""


class PodLoad:
    """One pod's workers and accounts."""

    def __init__(self, pod: Pod) -> None:
        self.pod = pod
        self._workers = asyncio.Semaphore(pod.concurrency)
        self.waiting = 0
        self.in_flight = 0
        self.busy_seconds = 0.0

    @asynccontextmanager
    async def work(self, latency: float) -> AsyncIterator[None]:
        """Hold a worker for the pod's service time, whatever the body takes of it; `latency` on top costs no CPU."""
        if self.waiting >= self.pod.concurrency * QUEUE_FACTOR:
            raise OverloadedError("the pod's queue is full")
        self.waiting += 1
        try:
            await asyncio.wait_for(self._workers.acquire(), QUEUE_TIMEOUT)
        except TimeoutError as error:
            raise OverloadedError("the request waited too long for a pod") from error
        finally:
            self.waiting -= 1
        self.in_flight += 1
        started = time.monotonic()
        try:
            yield
            await asyncio.sleep(max(0.0, started + self.pod.service_time + latency - time.monotonic()))
        finally:
            self.in_flight -= 1
            self.busy_seconds += max(0.0, time.monotonic() - started - latency)
            self._workers.release()

    def take_cores(self, elapsed: float) -> float:
        """Return the CPU used since the last call, in cores: a pod whose workers are all busy uses all that it may."""
        busy, self.busy_seconds = self.busy_seconds, 0.0
        return min(1.0, busy / (elapsed * self.pod.concurrency)) * self.pod.cpu if elapsed > 0 else 0.0


class Loads:
    """The loads of all pods that have been asked."""

    def __init__(self) -> None:
        self.by_pod: dict[Key, PodLoad] = {}

    def of(self, pod: Pod) -> PodLoad:
        """Return a pod's load; a pod that was made anew or changed its limits starts with none."""
        standing = self.by_pod.get(pod.key)
        if standing is None or standing.pod.uid != pod.uid or standing.pod.concurrency != pod.concurrency:
            standing = self.by_pod[pod.key] = PodLoad(pod)
        standing.pod = pod
        return standing

    def drop(self, pod: Pod) -> None:
        """Forget a pod that is gone."""
        self.by_pod.pop(pod.key, None)
