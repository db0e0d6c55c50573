"""What the autoscaler does from one look to the next: what it asks of pools, what it says, and how it goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headgate.sandbox.azure.autoscaler.loop import Autoscaler
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.types.spec import Body
from headgate.sandbox.kube import KubeError
from tests.unit.azure.test_rules import CLUSTER

pytestmark = pytest.mark.unit

AKS: Body = {"id": CLUSTER, "name": "aks", "location": "uaenorth", "properties": {}}
POOL: Body = {
    "id": f"{CLUSTER}/agentPools/cpu",
    "name": "cpu",
    "properties": {"vmSize": "Standard_D8s_v5", "enableAutoScaling": True, "minCount": 0, "maxCount": 3},
}
UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}


def waiting(name: str) -> Body:
    """Return a pod that the scheduler could not place."""
    return {
        "metadata": {"name": name, "namespace": "n", "uid": name},
        "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]},
        "status": {"phase": "Pending", "conditions": [UNSCHEDULABLE]},
    }


class Kube:
    """A control plane without nodes, with the pods that a test puts in."""

    def __init__(self) -> None:
        self.pods: list[Body] = []
        self.events: list[tuple[str, str, str]] = []
        self.statuses: list[dict[str, Any]] = []
        self.failing: KubeError | None = None

    def list(self, _version: str, kind: str, **_: Any) -> Body:
        """Return what there is."""
        if self.failing is not None:
            raise self.failing
        return {"items": self.pods if kind == "Pod" else []}

    def request(self, _method: str, _path: str, *, body: Body) -> Body:
        """Take an event."""
        if self.failing is not None:
            raise self.failing
        self.events.append((body["involvedObject"]["name"], body["reason"], body["type"]))
        return {}

    def apply(self, document: Body, **_: Any) -> Body:
        """Take a status."""
        self.statuses.append(json.loads(document["data"]["status"])["nodeGroups"][0]["scaleUp"])
        return {}


class Pools:
    """Pools that make no node: what is asked of them is kept."""

    def __init__(self) -> None:
        self.kube = Kube()
        self.asked: list[int] = []
        self.refusal: ArmError | None = None

    def scaled(self) -> list[tuple[Body, list[Body]]]:
        """Return the one pool."""
        return [(AKS, [POOL])]

    def client(self, _cluster: Body) -> Any:
        """Return the control plane."""
        return self.kube

    def add(self, _cluster: Body, _pool: Body, count: int) -> None:
        """Note it, or refuse."""
        self.asked.append(count)
        if self.refusal is not None:
            raise self.refusal

    def release(self, _cluster: Body, _pool: Body, _names: list[str]) -> None:
        """Nothing is ever released: there are no nodes."""
        raise AssertionError


def test_a_refused_pool_is_left_alone_for_a_while_and_the_pod_is_told_once() -> None:
    """Azure's words are in the status as long as that lasts; then it is asked again."""
    pools = Pools()
    pools.kube.pods = [waiting("p")]
    pools.refusal = ArmError(400, "QuotaExceeded", "too many cores")
    autoscaler = Autoscaler(pools, scale=0.0)

    for now in (0, 1, 2):
        autoscaler.look(AKS, [POOL], now)
    pools.refusal = None
    autoscaler.look(AKS, [POOL], 30)

    assert pools.asked == [1, 1]
    assert pools.kube.events == [
        ("p", "FailedScaleUp", "Warning"),
        ("p", "NotTriggerScaleUp", "Normal"),
        ("p", "TriggeredScaleUp", "Normal"),
    ]
    why = {"errorCode": "QuotaExceeded", "errorMessage": "QuotaExceeded: too many cores"}
    assert pools.kube.statuses == [{"status": "Backoff", "backoffInfo": why}, {"status": "NoActivity"}]


def test_a_pod_that_is_new_or_only_starts_brings_nothing() -> None:
    """Only what the scheduler has given up on for now counts as waiting."""
    pools = Pools()
    pools.kube.pods = [{**waiting("p"), "status": {"phase": "Pending"}}]

    Autoscaler(pools, scale=0.0).look(AKS, [POOL], 0)

    assert (pools.asked, pools.kube.events) == ([], [])


def test_an_event_that_nobody_can_take_any_more_is_let_go() -> None:
    """The namespace may end while a pod of it waits; another failure ends the look, and the next tries again."""
    pools = Pools()
    pools.kube.pods = [waiting("p")]
    autoscaler = Autoscaler(pools, scale=0.0)
    taken = pools.kube.request

    def gone(*_: Any, **__: Any) -> Body:
        raise KubeError(404, "NotFound", "namespace n")

    pools.kube.request = gone  # type: ignore[method-assign]
    autoscaler.look(AKS, [POOL], 0)
    pools.kube.request = taken  # type: ignore[method-assign]
    autoscaler.look(AKS, [POOL], 1)

    assert pools.asked == [1, 1]
    assert pools.kube.events == []


def test_a_cluster_that_is_away_does_not_end_the_looking() -> None:
    """It is said in the log, and looked at again."""
    pools = Pools()
    pools.kube.failing = KubeError(0, "Unreachable", "refused")
    autoscaler = Autoscaler(pools, scale=0.0)

    autoscaler._try(AKS, [POOL])
    pools.kube.failing = None
    pools.kube.pods = [waiting("p")]
    autoscaler._try(AKS, [POOL])

    assert pools.asked == [1]
