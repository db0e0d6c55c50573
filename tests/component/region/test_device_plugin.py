"""The device plugin of a cluster's baseline, as its case writes it: on a real API server, on simulated nodes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from headgate.sandbox.kube import KubeClient
from lint.cases import written
from lint.manifests import manifests
from tests.component.region.steps import apply, named, until

pytestmark = pytest.mark.component

NAMESPACE = "headgate-devices"
NODES = {
    "device-plugin-gpu": {"kubernetes.azure.com/accelerator": "nvidia"},
    "device-plugin-cpu": {},
}
TAINT = {"key": "sku", "value": "gpu", "effect": "NoSchedule"}
ROOM = {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "8Gi", "pods": "20"}


@pytest.fixture
def plugin(kube: KubeClient) -> Iterator[None]:
    """Write what the baseline has for GPUs, and two nodes, one with GPUs."""
    for name, labels in NODES.items():
        metadata = {"annotations": {"kwok.x-k8s.io/node": "fake"}, "labels": labels}
        spec = {"taints": [TAINT]} if labels else {}
        apply(kube, named("Node", name, metadata=metadata, spec=spec, status={"allocatable": ROOM, "capacity": ROOM}))
    ours = [each.body for each in manifests(written()["ClusterBaseline.max"])]
    found = [each for each in ours if NAMESPACE in (each["metadata"]["name"], each["metadata"].get("namespace"))]
    order = ("Namespace", "ServiceAccount", "NetworkPolicy", "DaemonSet")
    apply(kube, *sorted(found, key=lambda each: order.index(each["kind"])))
    yield
    kube.delete("v1", "Namespace", NAMESPACE)
    for name in NODES:
        kube.delete("v1", "Node", name)


@pytest.mark.usefixtures("plugin")
def test_it_runs_on_nodes_with_gpus_alone(kube: KubeClient) -> None:
    """Pod Security lets it into its own namespace; no taint of GPUs keeps it away, and no other node has it."""
    until(lambda: "device-plugin-gpu" in placed(kube))
    until(lambda: status(kube).get("numberReady") == status(kube).get("desiredNumberScheduled", 0))

    assert "device-plugin-cpu" not in placed(kube)
    labels = kube.get("v1", "Namespace", NAMESPACE)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "privileged"


def status(kube: KubeClient) -> dict[str, int]:
    """Return what the controller says of the plugin's pods."""
    found: dict[str, int] = kube.get("apps/v1", "DaemonSet", "device-plugin", NAMESPACE).get("status") or {}
    return found


def placed(kube: KubeClient) -> list[str]:
    """Return the nodes that run it."""
    items = kube.list("v1", "Pod", NAMESPACE)["items"]
    running = [item for item in items if (item.get("status") or {}).get("phase") == "Running"]
    return sorted(item["spec"]["nodeName"] for item in running)
