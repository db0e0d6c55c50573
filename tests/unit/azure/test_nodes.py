"""A pool's nodes as Kubernetes sees them."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.azure.counterparts.agent_pool import wanted_count
from headgate.sandbox.azure.counterparts.nodes import node, node_names
from tests.unit.azure.test_rules import CLUSTER

pytestmark = pytest.mark.unit

AKS = {"id": CLUSTER, "name": "aks", "location": "uaenorth", "properties": {}}
GPU: dict[str, Any] = {
    "id": f"{CLUSTER}/agentPools/gpu",
    "name": "gpu",
    "properties": {
        "vmSize": "Standard_NC64as_T4_v3",
        "availabilityZones": ["1", "2", "3"],
        "nodeTaints": ["sku=gpu:NoSchedule", "bare:NoExecute"],
        "nodeLabels": {"headgate.dev/pool": "gpu"},
        "scaleSetPriority": "Spot",
    },
}


def test_a_gpu_node_has_its_machines_capacity_and_akss_marks() -> None:
    """Labels, taints, capacity and zone are those that AKS gives, and KWOK knows that it is simulated."""
    made = node(GPU, AKS, 4)

    name = made["metadata"]["name"]
    labels = made["metadata"]["labels"]
    assert name.startswith("aks-gpu-")
    assert name.endswith("-vmss000004")
    assert made["metadata"]["annotations"]["kwok.x-k8s.io/node"] == "fake"
    assert (
        made["metadata"]["annotations"]["metrics.k8s.io/resource-metrics-path"]
        == f"/metrics/nodes/{name}/metrics/resource"
    )
    assert {key: labels[key] for key in ("agentpool", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
                                         "node.kubernetes.io/instance-type", "kubernetes.azure.com/mode",
                                         "headgate.dev/pool", "kubernetes.azure.com/scalesetpriority")} == {
        "agentpool": "gpu",
        "topology.kubernetes.io/zone": "uaenorth-2",
        "topology.kubernetes.io/region": "uaenorth",
        "node.kubernetes.io/instance-type": "Standard_NC64as_T4_v3",
        "kubernetes.azure.com/mode": "user",
        "headgate.dev/pool": "gpu",
        "kubernetes.azure.com/scalesetpriority": "spot",
    }  # fmt: skip
    assert made["spec"]["taints"] == [
        {"key": "sku", "value": "gpu", "effect": "NoSchedule"},
        {"key": "bare", "effect": "NoExecute"},
        {"key": "kubernetes.azure.com/scalesetpriority", "value": "spot", "effect": "NoSchedule"},
    ]
    assert made["status"]["capacity"] == {
        "cpu": "64",
        "memory": "440Gi",
        "ephemeral-storage": "128Gi",
        "pods": "250",
        "nvidia.com/gpu": "4",
    }


@pytest.mark.parametrize(("slices", "offered"), [("MIG1g", "7"), ("MIG3g", "2"), ("MIG7g", "1")])
def test_a_cut_gpu_is_as_many_as_its_slices(slices: str, offered: str) -> None:
    """The device plugin offers each slice as one GPU."""
    sliced = {"vmSize": "Standard_NC24ads_A100_v4", "gpuInstanceProfile": slices}

    assert node({**GPU, "properties": sliced}, AKS, 0)["status"]["capacity"]["nvidia.com/gpu"] == offered


def test_names_are_stable_and_base_36() -> None:
    """A pool that grows keeps the nodes that it has."""
    names = node_names(GPU, 37)

    assert names[:3] == node_names(GPU, 3)
    assert names[36].endswith("vmss000010")


@pytest.mark.parametrize(
    ("properties", "present", "wanted"),
    [
        ({"count": 3}, 0, 3),
        ({"count": 3}, 5, 3),
        ({}, 0, 1),
        ({"enableAutoScaling": True, "minCount": 1, "maxCount": 5, "count": 2}, 0, 2),
        ({"enableAutoScaling": True, "minCount": 1, "maxCount": 5, "count": 1}, 4, 4),
        ({"enableAutoScaling": True, "minCount": 1, "maxCount": 3, "count": 1}, 4, 3),
        ({"enableAutoScaling": True, "minCount": 2, "maxCount": 3}, 1, 2),
        ({"count": 3, "powerState": {"code": "Stopped"}}, 3, 0),
    ],
)
def test_the_autoscaler_owns_the_count_between_its_bounds(
    properties: dict[str, Any], present: int, wanted: int
) -> None:
    """A pool without it has the stated count; one with it keeps what it has, within the bounds."""
    assert wanted_count(properties, present) == wanted
