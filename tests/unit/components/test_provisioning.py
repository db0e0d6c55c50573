"""NodeProvisioning: NodePools that hold to their bounds, whichever Karpenter the cluster has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import NodeProvisioning

pytestmark = pytest.mark.unit

POOL = "kubernetes:karpenter.sh/v1:NodePool"
AKS = {
    "api_version": "karpenter.azure.com/v1beta1",
    "kind": "AKSNodeClass",
    "settings": {"imageFamily": "AzureLinux"},
}
CPU = {"sizes": ["Standard_D4s_v5", "Standard_D8s_v5"], "max_cpus": 64}
GPU = {
    "sizes": ["Standard_NC24ads_A100_v4"],
    "max_cpus": 96,
    "max_gpus": 4,
    "spot": True,
    "consolidate_after_seconds": 60,
    "expire_hours": 48,
}


def nodes(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one cluster's nodes."""

    def program() -> dict[str, Any]:
        args: Any = {"ownership": ownership, "node_class": AKS, "cpu": CPU, **more}
        NodeProvisioning("n", args)
        return {}

    return program


def requirement(key: str, *values: str) -> dict[str, Any]:
    """Return what a node must be."""
    return {"key": key, "operator": "In", "values": list(values)}


def test_defaults(record: Any, ownership: dict[str, str]) -> None:
    """One kind of nodes: on demand, of the sizes that were named, within its CPUs, gone after five idle minutes."""
    recording = record(nodes(ownership))

    assert recording.children() == {"n-class": "kubernetes:karpenter.azure.com/v1beta1:AKSNodeClass", "n-cpu": POOL}
    assert recording.one(POOL).inputs["spec"] == {
        "template": {
            "metadata": {"labels": {"headgate.dev/pool": "cpu"}},
            "spec": {
                "nodeClassRef": {"group": "karpenter.azure.com", "kind": "AKSNodeClass", "name": "headgate"},
                "requirements": [
                    requirement("node.kubernetes.io/instance-type", "Standard_D4s_v5", "Standard_D8s_v5"),
                    requirement("karpenter.sh/capacity-type", "on-demand"),
                    requirement("kubernetes.io/arch", "amd64"),
                    requirement("kubernetes.io/os", "linux"),
                ],
                "expireAfter": "720h",
            },
        },
        "limits": {"cpu": "64"},
        "disruption": {
            "consolidationPolicy": "WhenEmptyOrUnderutilized",
            "consolidateAfter": "300s",
            "budgets": [{"nodes": "10%"}],
        },
    }


def test_max(record: Any, ownership: dict[str, str]) -> None:
    """GPUs have bounds and a taint of their own, spare capacity where asked, and an update waits for both pools."""
    recording = record(nodes(ownership, gpu=GPU))
    pool = recording.one(POOL, "n-gpu").inputs

    assert pool["metadata"]["annotations"] == {"pulumi.com/waitFor": "condition=Ready"}
    assert pool["spec"]["limits"] == {"cpu": "96", "nvidia.com/gpu": "4"}
    template = pool["spec"]["template"]
    assert template["metadata"]["labels"] == {"headgate.dev/pool": "gpu"}
    assert template["spec"]["taints"] == [{"key": "sku", "value": "gpu", "effect": "NoSchedule"}]
    assert template["spec"]["requirements"][1] == requirement("karpenter.sh/capacity-type", "spot", "on-demand")
    assert (template["spec"]["expireAfter"], pool["spec"]["disruption"]["consolidateAfter"]) == ("48h", "60s")


def test_hardened(record: Any, ownership: dict[str, str]) -> None:
    """GPUs that nobody bounded are none: the bill has an end."""
    recording = record(nodes(ownership, gpu={"sizes": ["Standard_NC24ads_A100_v4"], "max_cpus": 24}))

    assert recording.one(POOL, "n-gpu").inputs["spec"]["limits"] == {"cpu": "24", "nvidia.com/gpu": "0"}
