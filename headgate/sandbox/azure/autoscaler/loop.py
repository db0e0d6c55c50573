"""Looks at each cluster's pods and pools again and again, and brings the pools to what they need.

Owns time: how often it looks, how long a node idles before it goes, how long a pool is left alone that got no machines.
Azure's own times, scaled as the sandbox's operations are, and never shorter than a person can follow.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from headgate.errors import HeadgateError
from headgate.sandbox.azure.autoscaler.fit import Place
from headgate.sandbox.azure.autoscaler.growth import Group, Growth, grow
from headgate.sandbox.azure.autoscaler.idle import Idle
from headgate.sandbox.azure.autoscaler.reports import Reports
from headgate.sandbox.azure.counterparts.nodes import node, nodes_of
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.types.spec import Body
from headgate.sandbox.kube import KubeClient, KubeError

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 2.0
_CLUSTERS = 8
_UNNEEDED_SECONDS, _SHORTEST_UNNEEDED = 600.0, 15.0
_BACKOFF_SECONDS, _SHORTEST_BACKOFF = 300.0, 10.0


class Pools(Protocol):
    """What the autoscaler may do with pools."""

    def scaled(self) -> list[tuple[Body, list[Body]]]:
        """Return each cluster that runs and has pools with bounds, with these."""

    def client(self, cluster: Body) -> KubeClient:
        """Return a connection to a cluster."""

    def add(self, cluster: Body, pool: Body, count: int) -> None:
        """Make more nodes. Raises ArmError where Azure has no machines for them."""

    def release(self, cluster: Body, pool: Body, names: list[str]) -> None:
        """Empty nodes and give their machines back."""


@dataclass
class _Memory:
    """What is remembered of a cluster from one look to the next."""

    reports: Reports
    idle: Idle = field(default_factory=Idle)
    backoff: dict[str, tuple[float, str]] = field(default_factory=dict)
    """Until when a pool is left alone, and what Azure said."""


@dataclass(frozen=True)
class _Look:
    """One look at a cluster."""

    cluster: Body
    pools: list[Body]
    memory: _Memory
    nodes: dict[str, Body]
    now: float

    def present(self, pool: Body) -> list[str]:
        """Return the names of a pool's nodes."""
        return nodes_of(pool, self.nodes)

    @property
    def spare(self) -> bool:
        """Say whether some pool could be smaller."""
        return any(len(self.present(pool)) > _bounds(pool)[0] for pool in self.pools)

    def groups(self) -> list[Group]:
        """Return the pools with what one more node would be."""
        found = []
        for pool in self.pools:
            size, (low, high) = len(self.present(pool)), _bounds(pool)
            template = Place.of(node(pool, self.cluster, size))
            found.append(Group(pool["name"], low, high, size, template, self.refusal(pool) is not None))
        return found

    def refusal(self, pool: Body) -> str | None:
        """Return why a pool is left alone for now."""
        until, why = self.memory.backoff.get(pool["name"], (0.0, ""))
        return why if until > self.now else None


class Autoscaler:
    """The autoscaler of every cluster of a sandbox."""

    def __init__(self, pools: Pools, scale: float) -> None:
        """`scale` is the share of Azure's times that this sandbox takes."""
        self._pools = pools
        self._unneeded = max(_UNNEEDED_SECONDS * scale, _SHORTEST_UNNEEDED)
        self._backoff = max(_BACKOFF_SECONDS * scale, _SHORTEST_BACKOFF)
        self._memory: dict[str, tuple[KubeClient, _Memory]] = {}
        self._threads = ThreadPoolExecutor(_CLUSTERS, thread_name_prefix="autoscaler")
        self._looks: dict[str, Future[None]] = {}

    def start(self) -> None:
        """Look for ever, in a thread that ends with the process."""
        threading.Thread(target=self._run, name="autoscaler", daemon=True).start()

    def _run(self) -> None:
        while True:
            threading.Event().wait(LOOK_SECONDS)
            try:
                for cluster, pools in self._pools.scaled():
                    self._begin(cluster, pools)
            except Exception:  # the next look may fare better; without it no pool would scale again
                LOG.exception("autoscaler")

    def _begin(self, cluster: Body, pools: list[Body]) -> None:
        """Look at one cluster, unless the last look has not ended: a region that stands still answers late."""
        last = self._looks.get(cluster["id"])
        if last is None or last.done():
            self._looks[cluster["id"]] = self._threads.submit(self._try, cluster, pools)

    def _try(self, cluster: Body, pools: list[Body]) -> None:
        try:
            self.look(cluster, pools, time.monotonic())
        except (KubeError, HeadgateError) as error:
            LOG.info("%s: %s", cluster["name"], error)
        except Exception:
            LOG.exception("%s", cluster["name"])

    def look(self, cluster: Body, pools: list[Body], now: float) -> None:
        """Look once at a cluster and its pools."""
        client = self._pools.client(cluster)
        nodes = {each["metadata"]["name"]: each for each in client.list("v1", "Node").get("items", [])}
        memory = self._remembered(cluster, client)
        look = _Look(cluster, pools, memory, nodes, now)
        waiting = client.list("v1", "Pod", field_selector="spec.nodeName=,status.phase=Pending").get("items", [])
        pending = [pod for pod in waiting if _unschedulable(pod)]
        held = _by_node(client.list("v1", "Pod").get("items", [])) if pending or look.spare else {}
        places = [Place.of(each, held.get(name, [])) for name, each in nodes.items() if not _cordoned(each)]
        growth = grow(pending, places, look.groups())
        self._grow(look, growth)
        memory.idle.look({name: held.get(name, []) for name in nodes} if look.spare else {}, growth.expected, now)
        if not pending:
            self._shrink(look)
        memory.reports.forget_all_but(pod["metadata"]["uid"] for pod in waiting)
        memory.reports.publish([_status(look, pool) for pool in pools])

    def _grow(self, look: _Look, growth: Growth) -> None:
        """Make the nodes that were asked for, and say of each pod what comes of it."""
        say = look.memory.reports.say
        for pod, why in growth.refused:
            say(pod, "NotTriggerScaleUp", f"pod didn't trigger scale-up: {why}")
        for pool in look.pools:
            more, name, size = growth.more[pool["name"]], pool["name"], len(look.present(pool))
            if not more:
                continue
            try:
                self._pools.add(look.cluster, pool, more)
            except ArmError as error:
                LOG.warning("%s/%s: %s", look.cluster["name"], name, error)
                look.memory.backoff[name] = (look.now + self._backoff, str(error))
                for pod in growth.helped[name]:
                    say(
                        pod, "FailedScaleUp", f"Node scale up of pool {name} for this pod failed: {error}", warning=True
                    )
                continue
            steps = f"{name} {size}->{size + more} (max: {_bounds(pool)[1]})"
            for pod in growth.helped[name]:
                say(pod, "TriggeredScaleUp", f"pod triggered scale-up: [{{{steps}}}]")

    def _shrink(self, look: _Look) -> None:
        """Give back what has been idle for long enough, down to each pool's minimum."""
        for pool in look.pools:
            names = look.present(pool)
            leaving = look.memory.idle.leaving(names, len(names) - _bounds(pool)[0], self._unneeded, look.now)
            for name in leaving:
                look.memory.reports.say(look.nodes[name], "ScaleDown", "node removed by cluster autoscaler", "Node")
            if leaving:
                self._pools.release(look.cluster, pool, leaving)

    def _remembered(self, cluster: Body, client: KubeClient) -> _Memory:
        """Return what is known of a cluster; one that was made anew is another."""
        known = self._memory.get(cluster["id"])
        if known is None or known[0] is not client:
            known = (client, _Memory(Reports(client)))
            self._memory[cluster["id"]] = known
        return known[1]


def _status(look: _Look, pool: Body) -> dict[str, Any]:
    """Return a pool's part of the status."""
    low, high = _bounds(pool)
    why = look.refusal(pool)
    scale_up: dict[str, Any] = {"status": "NoActivity"}
    if why is not None:
        scale_up = {
            "status": "Backoff",
            "backoffInfo": {"errorCode": why.partition(":")[0], "errorMessage": why},
        }
    size = len(look.present(pool))
    health = {"status": "Healthy", "cloudProviderTarget": size, "minSize": low, "maxSize": high}
    return {"name": pool["name"], "health": health, "scaleUp": scale_up}


def _bounds(pool: Body) -> tuple[int, int]:
    return int(pool["properties"].get("minCount") or 0), int(pool["properties"].get("maxCount") or 0)


def _unschedulable(pod: Body) -> bool:
    rows = (pod.get("status") or {}).get("conditions") or []
    told: Body = next((row for row in rows if row.get("type") == "PodScheduled"), {})
    return told.get("status") == "False" and told.get("reason") == "Unschedulable"


def _cordoned(found: Body) -> bool:
    return bool((found.get("spec") or {}).get("unschedulable"))


def _by_node(pods: list[Body]) -> dict[str, list[Body]]:
    """Return the pods that have a node, by it; those that ended hold nothing."""
    held: dict[str, list[Body]] = {}
    for pod in pods:
        name = pod["spec"].get("nodeName")
        if name and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
            held.setdefault(name, []).append(pod)
    return held
