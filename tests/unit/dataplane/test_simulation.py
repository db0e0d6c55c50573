"""How busy simulated pods are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from headgate.sandbox.dataplane import simulation
from headgate.sandbox.dataplane.objects import Pod
from headgate.sandbox.dataplane.simulation import QUEUE_FACTOR, Loads, OverloadedError, PodLoad

pytestmark = pytest.mark.unit

Make = Callable[..., dict[str, Any]]


def pod(make_pod: Make, concurrency: int = 1, service_time: float = 0.0) -> Pod:
    """Return a pod of some speed."""
    return replace(Pod.read(make_pod()), concurrency=concurrency, service_time=service_time)


def test_a_pod_works_on_so_many_requests_at_once(make_pod: Make) -> None:
    """The rest waits, in order."""
    load = PodLoad(pod(make_pod, concurrency=2))
    seen: list[tuple[int, int]] = []

    async def request(release: asyncio.Event) -> None:
        async with load.work(0.0):
            seen.append((load.in_flight, load.waiting))
            await release.wait()

    async def scenario() -> None:
        release = asyncio.Event()
        tasks = [asyncio.create_task(request(release)) for _ in range(5)]
        while len(seen) < 2:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert (load.in_flight, load.waiting) == (2, 3)
        release.set()
        await asyncio.gather(*tasks)

    asyncio.run(scenario())
    assert (load.in_flight, load.waiting, len(seen)) == (0, 0, 5)
    assert max(flight for flight, _ in seen) == 2


def test_a_full_queue_is_refused_at_once(make_pod: Make) -> None:
    """Beyond the queue a pod says no, instead of letting callers wait for nothing."""
    load = PodLoad(pod(make_pod))
    load.waiting = QUEUE_FACTOR

    async def scenario() -> None:
        async with load.work(0.0):
            raise AssertionError("not to be reached")

    with pytest.raises(OverloadedError):
        asyncio.run(scenario())
    assert load.in_flight == 0


def test_a_failed_request_frees_its_worker(make_pod: Make) -> None:
    """An error must not make the pod slower for ever."""
    load = PodLoad(pod(make_pod))

    async def failing() -> None:
        async with load.work(0.0):
            raise ValueError("model")

    async def scenario() -> None:
        for _ in range(3):
            with pytest.raises(ValueError, match="model"):
                await failing()

    asyncio.run(scenario())
    assert load.in_flight == 0


def test_cpu_is_the_share_of_time_that_workers_were_busy(make_pod: Make) -> None:
    """All workers busy all the time use all that the pod may; what is counted is counted once."""
    load = PodLoad(pod(make_pod, concurrency=2))
    load.busy_seconds = 5.0

    assert load.take_cores(10.0) == pytest.approx(0.25 * load.pod.cpu)
    assert load.take_cores(10.0) == 0.0
    load.busy_seconds = 1000.0
    assert load.take_cores(10.0) == load.pod.cpu


def test_told_latency_costs_no_cpu(make_pod: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow network is no reason to scale. Time goes here by what is slept, whatever the machine does meanwhile."""
    load, clock = PodLoad(pod(make_pod, service_time=0.5)), [0.0]

    async def sleep(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr(simulation, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(simulation.asyncio, "sleep", sleep)

    async def scenario() -> None:
        async with load.work(60.0):
            pass

    asyncio.run(scenario())
    assert clock[0] == pytest.approx(60.0 + load.pod.service_time)
    assert load.busy_seconds == pytest.approx(load.pod.service_time)


def test_a_pod_made_anew_starts_with_nothing(make_pod: Make) -> None:
    """Accounts belong to a pod, not to a name."""
    loads = Loads()
    first = loads.of(pod(make_pod))

    assert loads.of(pod(make_pod)) is first
    assert loads.of(replace(pod(make_pod), uid="other")) is not first
