"""The simulated cluster autoscaler beside a real scheduler: nodes within bounds, refusals told, idle nodes gone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.sandbox.azure.autoscaler.loop import Autoscaler
from headgate.sandbox.azure.autoscaler.reports import NAMESPACE as SYSTEM
from headgate.sandbox.azure.autoscaler.reports import STATUS
from headgate.sandbox.azure.counterparts.agent_pool import AgentPools
from headgate.sandbox.azure.counterparts.scaled_pools import ScaledPools
from headgate.sandbox.azure.faults import Faults
from headgate.sandbox.azure.ids import group_id
from headgate.sandbox.azure.store import Store
from headgate.sandbox.azure.types.agent_pools import CLUSTER, POOL
from headgate.sandbox.control import Control, RegionEndpoints
from headgate.sandbox.kube import KubeClient
from tests.component.region.steps import apply, exists, is_ready, named, pod, until

pytestmark = pytest.mark.component

NAMESPACE = "component-autoscaler"
AKS = f"{group_id('rg-scaled')}/providers/{CLUSTER}"
LATER = 3600.0


class Scaled:
    """A cluster whose pool of GPUs scales, looked at when a test says so."""

    def __init__(self, store: Store, control: Control, region: RegionEndpoints, kube: KubeClient) -> None:
        """Have no more than two machines, and another cluster that may take from the same quota."""
        self.kube, self.store, self._ahead = kube, store, 0.0
        self.cluster = self._put(CLUSTER, f"{AKS}/{region.cluster}", {}, region.location)
        self._put(CLUSTER, f"{AKS}/other", {}, region.location)
        taints = {"nodeTaints": ["sku=gpu:NoSchedule"], "nodeLabels": {"headgate.dev/pool": "gpu"}}
        bounds = {"enableAutoScaling": True, "minCount": 0, "maxCount": 2, "count": 0}
        machine = {"vmSize": "Standard_NC24ads_A100_v4"}
        self.pool = self._put(POOL, f"{self.cluster['id']}/agentPools/gpu", {**machine, **bounds, **taints})
        self._pools = ScaledPools(store, Faults(store), control, AgentPools(control, store))
        self._autoscaler = Autoscaler(self._pools, scale=0.0)

    def elsewhere(self, count: int) -> None:
        """Have the other cluster run so many machines."""
        properties = {"vmSize": "Standard_NC24ads_A100_v4", "count": count}
        self._put(POOL, f"{AKS}/other/agentPools/gpu", properties)

    def _put(self, kind: str, arm_id: str, properties: dict[str, Any], location: str | None = None) -> dict[str, Any]:
        body: dict[str, Any] = {"id": arm_id, "name": arm_id.rpartition("/")[2], "type": kind, "properties": properties}
        self.store.put(kind, body | ({"location": location} if location else {}))
        return body | {"location": location}

    def until(self, condition: Callable[[], bool]) -> None:
        """Look again and again until something holds."""

        def looked() -> bool:
            for cluster, pools in self._pools.scaled():
                self._autoscaler.look(cluster, pools, time.monotonic() + self._ahead)
            return condition()

        until(looked)

    def wait_an_hour(self) -> None:
        """Let what idles, and what was refused, have done so for an hour."""
        self._ahead += LATER

    def count(self) -> int:
        """Return how many nodes Azure says that the pool has; the cluster has as many."""
        nodes = self.kube.list("v1", "Node", label_selector="headgate.dev/pool=gpu")["items"]
        found = self.store.get(self.pool["id"])
        assert found is not None
        assert found["properties"]["count"] == len(nodes)
        return len(nodes)

    def told(self, name: str) -> dict[str, str]:
        """Return what events say of a pod or node, by their reason."""
        items = self.kube.list("v1", "Event", field_selector=f"involvedObject.name={name}")["items"]
        return {item["reason"]: item["message"] for item in items}

    def status(self) -> dict[str, Any]:
        """Return what the autoscaler's ConfigMap says of the pool."""
        text = self.kube.get("v1", "ConfigMap", STATUS, SYSTEM)["data"]["status"]
        found: dict[str, Any] = json.loads(text)["nodeGroups"][0]
        return found


@pytest.fixture(scope="module", autouse=True)
def _namespace(kube: KubeClient) -> Iterator[None]:
    """Have a namespace for the pods."""
    apply(kube, named("Namespace", NAMESPACE))
    until(lambda: exists(kube, "v1", "ServiceAccount", "default", NAMESPACE))
    yield
    kube.delete("v1", "Namespace", NAMESPACE)


@pytest.fixture
def scaled(tmp_path: Path, control: Control, region: RegionEndpoints, kube: KubeClient) -> Iterator[Scaled]:
    """Return a pool without nodes; it has none afterwards, and no pod is left."""
    store = Store(tmp_path / "azure")
    made = Scaled(store, control, region, kube)
    yield made
    remove_pods(kube)
    AgentPools(control, store).remove(made.pool)
    store.close()


def remove_pods(kube: KubeClient) -> None:
    """Delete every pod, and wait until they are gone."""
    for item in kube.list("v1", "Pod", NAMESPACE)["items"]:
        kube.delete("v1", "Pod", item["metadata"]["name"], NAMESPACE)
    until(lambda: not kube.list("v1", "Pod", NAMESPACE)["items"])


def with_gpu(name: str) -> dict[str, Any]:
    """Return a pod that needs a GPU to itself."""
    return pod(
        name,
        NAMESPACE,
        tolerations=[{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}],
        containers=[
            {"name": "c", "image": "hg.azurecr.io/web:1", "resources": {"limits": {"cpu": "1", "nvidia.com/gpu": "1"}}}
        ],
    )


def test_pods_that_wait_for_gpus_bring_nodes_within_the_bounds_and_idle_ones_leave(
    scaled: Scaled, kube: KubeClient
) -> None:
    """Two run, the third is told that the pool is at its maximum; with their pods gone, so are the nodes."""
    apply(kube, with_gpu("one"), with_gpu("two"))
    scaled.until(lambda: is_ready(kube, NAMESPACE, "one") and is_ready(kube, NAMESPACE, "two"))
    apply(kube, with_gpu("three"))
    scaled.until(lambda: "NotTriggerScaleUp" in scaled.told("three"))

    assert scaled.count() == 2
    assert "gpu 0->" in scaled.told("one")["TriggeredScaleUp"]
    assert scaled.told("three")["NotTriggerScaleUp"] == ("pod didn't trigger scale-up: 1 max node group size reached")
    remove_pods(kube)
    scaled.until(lambda: True)
    assert scaled.count() == 2
    scaled.wait_an_hour()
    scaled.until(lambda: scaled.count() == 0)


def test_a_quota_that_is_used_up_is_told_and_tried_again(scaled: Scaled, kube: KubeClient) -> None:
    """The pod has Azure's words, the status says that the pool is left alone; once there are machines, a node comes."""
    scaled.elsewhere(4)
    apply(kube, with_gpu("poor"))
    scaled.until(lambda: "FailedScaleUp" in scaled.told("poor"))
    scaled.until(lambda: scaled.status()["scaleUp"]["status"] == "Backoff")

    assert "QuotaExceeded" in scaled.told("poor")["FailedScaleUp"]
    assert "StandardNCADSA100v4Family" in scaled.told("poor")["FailedScaleUp"]
    assert scaled.status()["scaleUp"]["backoffInfo"]["errorCode"] == "QuotaExceeded"
    assert scaled.told("poor")["NotTriggerScaleUp"] == "pod didn't trigger scale-up: 1 in backoff after failed scale-up"
    assert scaled.count() == 0
    scaled.elsewhere(0)
    scaled.wait_an_hour()
    scaled.until(lambda: is_ready(kube, NAMESPACE, "poor"))
    # Told at its next look.
    scaled.until(lambda: scaled.status()["health"]["cloudProviderTarget"] == 1)
