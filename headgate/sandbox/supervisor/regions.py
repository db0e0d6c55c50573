"""The regions that a supervisor runs, by cluster.

Owns the order in which a region's processes start and end, and trying again. What a region consists of is
`headgate.sandbox.region`'s business.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from headgate.errors import HeadgateError
from headgate.sandbox import network
from headgate.sandbox.layout import StateDir
from headgate.sandbox.process import RegionEndpoints, RegionSpec, RegionStatus, State
from headgate.sandbox.region import plan as region_plan
from headgate.sandbox.region.context import RegionContext
from headgate.sandbox.supervisor.desired import Desired
from headgate.sandbox.supervisor.processes import Processes

LOG = logging.getLogger(__name__)
PROCESS_WAIT = 120.0
RETRY_AFTER = 5.0


@dataclass
class Running:
    """A region that is wanted: where its start stands."""

    context: RegionContext
    state: State = State.STARTING
    reason: str = ""
    error: HeadgateError | None = None
    stages: list[region_plan.Stage] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    turned: asyncio.Event = field(default_factory=asyncio.Event)


class Regions:
    """Every region of the supervisor."""

    def __init__(self, state: StateDir, processes: Processes, desired: Desired, changed: Callable[[], None]) -> None:
        self._state = state
        self._processes = processes
        self._desired = desired
        self._changed = changed
        self._running: dict[str, Running] = {}

    def begin(self, spec: RegionSpec) -> None:
        """Start to bring a region up, unless that is under way or done."""
        known = self._running.get(spec.cluster)
        if known is not None and known.context.spec == spec and known.state is not State.FAILED:
            return
        if known is not None and known.task is not None:
            known.task.cancel()
        ports = region_plan.reserve_ports(spec.cluster, self._processes.reserve)
        context = RegionContext(self._state, spec, self._desired.number(spec.cluster), ports)
        running = Running(context)
        self._running[spec.cluster] = running
        running.task = asyncio.create_task(self._bring_up(running), name=f"region {spec.cluster}")

    async def ensure(self, spec: RegionSpec) -> RegionEndpoints:
        """Bring a region up and return when it is ready, or raise what stood in its way."""
        self._desired.put_region(spec)
        self.begin(spec)
        running = self._running[spec.cluster]
        while running.state is not State.READY:
            if running.error is not None:
                raise running.error
            await running.turned.wait()
        return running.context.endpoints()

    async def delete(self, cluster: str) -> None:
        """End a region, wipe its data, give back its ports."""
        self._desired.drop_processes(self._processes.names(cluster))
        self._desired.drop_region(cluster)
        await self.stop(cluster)
        for name in list(self._processes.ports.owners(f"{cluster}/")):
            self._processes.ports.release(name)
        directory = self._state.region(cluster)
        await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)
        await asyncio.to_thread(shutil.rmtree, self._state.logs / cluster, ignore_errors=True)
        network.withdraw(self._state, f"{cluster}-loadbalancers")

    async def stop(self, cluster: str) -> None:
        """End a region's processes, those that started last first; its data stays."""
        running = self._running.pop(cluster, None)
        if running is not None and running.task is not None:
            running.task.cancel()
            with suppress(asyncio.CancelledError):
                await running.task
        below = [name for stage in (running.stages if running else []) for name in stage.names]
        await self._processes.stop_all(set(self._processes.names(cluster)) - set(below))
        for stage in reversed(running.stages if running else []):
            await self._processes.stop_all(stage.names)

    async def stop_all(self) -> None:
        """End every region, side by side."""
        await asyncio.gather(*(self.stop(cluster) for cluster in list(self._running)))

    def statuses(self) -> list[RegionStatus]:
        """Return every region as it is now."""
        return [self._status(running) for _, running in sorted(self._running.items())]

    def _status(self, running: Running) -> RegionStatus:
        """Return one region: ready only while every process of it is."""
        spec = running.context.spec
        processes = tuple(self._processes.statuses(spec.cluster))
        # A workload that fails is its owner's matter and shows on its pods; the region is well without it.
        own = {name for stage in running.stages for name in stage.names}
        lacking = [
            f"{each.name}: {each.state}" for each in processes if each.name in own and each.state is not State.READY
        ]
        state, reason = running.state, running.reason
        if state is State.READY and lacking:
            state, reason = State.UNHEALTHY, ", ".join(lacking)
        endpoints = running.context.endpoints() if running.stages else None
        return RegionStatus(spec.cluster, spec.location, spec.kubernetes_version, state, reason, endpoints, processes)

    async def _bring_up(self, running: Running) -> None:
        """Start the region; keep trying, since what stood in the way may go."""
        while True:
            try:
                await self._start(running)
            except HeadgateError as error:
                self._turn(running, State.FAILED, error)
            except Exception as error:
                LOG.exception("region %s did not start", running.context.spec.cluster)
                self._turn(running, State.FAILED, unexpected(running.context.spec.cluster, error))
            else:
                self._turn(running, State.READY, None)
                return
            await asyncio.sleep(RETRY_AFTER)
            self._turn(running, State.STARTING, None)

    async def _start(self, running: Running) -> None:
        """Write the region's files, then start its processes stage by stage."""
        cluster = running.context.cluster
        running.stages = await asyncio.to_thread(region_plan.prepare, running.context)
        self._changed()
        for stage in running.stages:
            began = time.monotonic()
            ready = [self._processes.ensure(spec, PROCESS_WAIT) for spec in stage.processes]
            await asyncio.gather(*ready)
            if stage.after is not None:
                await asyncio.to_thread(stage.after)
            LOG.info("%s: %.1f s for %s", cluster, time.monotonic() - began, ", ".join(stage.names))

    def _turn(self, running: Running, state: State, error: HeadgateError | None) -> None:
        """Change the state and wake whoever waits for it."""
        running.state, running.error, running.reason = state, error, str(error) if error else ""
        running.turned.set()
        running.turned = asyncio.Event()
        self._changed()


def unexpected(cluster: str, error: Exception) -> HeadgateError:
    """Turn any failure of a region's start into one that names the log."""
    return HeadgateError(
        f"region {cluster} did not start",
        found=f"{type(error).__name__}: {error}",
        fix="headgate sandbox logs supervisor",
    )
