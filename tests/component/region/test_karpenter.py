"""Nodes made to measure: the real Karpenter, the component's own NodePools, simulated machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from components.kubernetes.node_pools import node_pool
from components.kubernetes.objects import camel
from headgate.sandbox.azure.counterparts.node_provisioning import NodeProvisioning, process_name
from headgate.sandbox.control import Control, RegionEndpoints
from headgate.sandbox.kube import KubeClient
from headgate.sandbox.providers.kubernetes.awaiting.pods import stuck_pod
from headgate.sandbox.supervisor import launch
from tests.component.region.steps import apply, exists, is_ready, named, pod, until

pytestmark = pytest.mark.stress

A100 = "Standard_NC24ads_A100_v4"
GROUP, VERSION = "karpenter.kwok.sh", "karpenter.sh/v1"
CLASS = {"group": GROUP, "kind": "KWOKNodeClass", "name": "headgate"}
NAMESPACE = "component-karpenter"
# Karpenter gives back one node at a time, and looks twice before it does.
IDLE_PATIENCE = 240.0


class Seen:
    """The region, as an update that waits sees it."""

    def __init__(self, kube: KubeClient) -> None:
        self._kube = kube

    def list_objects(
        self, api_version: str, kind: str, namespace: str, *, labels: str | None = None, fields: str | None = None
    ) -> list[dict[str, Any]]:
        """Return a namespace's objects of a kind."""
        items: list[dict[str, Any]] = self._kube.list(api_version, kind, namespace, labels, fields)["items"]
        return items


@pytest.fixture(scope="module")
def karpenter(control: Control, region: RegionEndpoints, kube: KubeClient) -> Iterator[None]:
    """Turn the profile on, with room for two machines with a GPU each; off again leaves nothing running."""
    cluster = {"name": region.cluster, "location": region.location}
    provisioning = NodeProvisioning(control)
    provisioning.ensure({**cluster, "properties": {"nodeProvisioningProfile": {"mode": "Auto"}}}, region)
    machines = {"sizes": [A100], "max_cpus": 48, "max_gpus": 2, "consolidate_after_seconds": 10}
    apply(
        kube,
        named("KWOKNodeClass", "headgate", version=f"{GROUP}/v1alpha1", spec={}),
        named("NodePool", "gpu", version=VERSION, spec=camel(node_pool("gpu", machines, CLASS))),  # type: ignore[arg-type]
        named("Namespace", NAMESPACE),
    )
    until(lambda: any(row["status"] == "True" for row in conditions(kube) if row["type"] == "Ready"))
    yield
    kube.delete("v1", "Namespace", NAMESPACE)
    kube.delete(VERSION, "NodePool", "gpu")
    assert launch.wait_for(lambda: nodes(kube) == [], IDLE_PATIENCE)
    provisioning.ensure({**cluster, "properties": {}}, region)
    assert process_name(region.cluster) not in {each.name for each in control.processes(region.cluster)}


def conditions(kube: KubeClient) -> list[dict[str, str]]:
    """Return what Karpenter says of the pool."""
    found: list[dict[str, str]] = (kube.get(VERSION, "NodePool", "gpu").get("status") or {}).get("conditions") or []
    return found


def nodes(kube: KubeClient) -> list[str]:
    """Return the machines that were bought."""
    return [item["metadata"]["name"] for item in kube.list(VERSION, "NodeClaim")["items"]]


def with_gpu(name: str) -> dict[str, object]:
    """Return a pod that needs a GPU to itself."""
    wanted = {"cpu": "4", "memory": "8Gi", "nvidia.com/gpu": "1"}
    return pod(
        name,
        NAMESPACE,
        nodeSelector={"headgate.dev/pool": "gpu"},
        tolerations=[{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}],
        containers=[{"name": "c", "image": "hg.azurecr.io/web:1", "resources": {"limits": wanted}}],
    )


@pytest.mark.usefixtures("karpenter")
def test_waiting_pods_bring_nodes_within_the_bounds_and_idle_nodes_leave(kube: KubeClient) -> None:
    """Two GPUs are what the pool may have: the third waits, is told why, as is who deploys it; nodes go with pods."""
    until(lambda: exists(kube, "v1", "ServiceAccount", "default", NAMESPACE))
    apply(kube, with_gpu("one"), with_gpu("two"))
    until(lambda: is_ready(kube, NAMESPACE, "one") and is_ready(kube, NAMESPACE, "two"))

    apply(kube, with_gpu("three"))
    until(lambda: any("exceed limits for nodepool" in text for text in told(kube)))

    assert len(nodes(kube)) == 2
    assert not is_ready(kube, NAMESPACE, "three")
    waiting = stuck_pod(kube.get("v1", "Pod", "three", NAMESPACE), Seen(kube))
    assert any("exceed limits for nodepool" in line for line in waiting), waiting
    assert not any("default-scheduler" in line or "nodes are available" in line for line in waiting), waiting
    for name in ("one", "two", "three"):
        kube.delete("v1", "Pod", name, NAMESPACE)
    assert launch.wait_for(lambda: nodes(kube) == [], IDLE_PATIENCE)


def told(kube: KubeClient) -> list[str]:
    """Return what events say of the namespace's pods."""
    return [str(item.get("message")) for item in kube.list("v1", "Event", NAMESPACE)["items"]]
