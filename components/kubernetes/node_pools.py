"""A NodePool of Karpenter as a document: what its nodes may be, how many, and when they go. Pure: no Pulumi."""

from typing import Any

from components.contract.provisioning import Machines
from components.kubernetes.model_pod import GPU

_POOL = "headgate.dev/pool"


def node_pool(purpose: str, machines: Machines, node_class: dict[str, str]) -> dict[str, Any]:
    """Return the spec of a pool; its nodes are found by their label, as those of an agent pool are."""
    limits = {"cpu": str(machines["max_cpus"])}
    node: dict[str, Any] = {
        "node_class_ref": node_class,
        "requirements": _requirements(machines),
        "expire_after": f"{machines.get('expire_hours', 720)}h",
    }
    if purpose == "gpu":
        limits[GPU] = str(machines.get("max_gpus", 0))
        node["taints"] = [{"key": "sku", "value": "gpu", "effect": "NoSchedule"}]
    return {
        "template": {"metadata": {"labels": {_POOL: purpose}}, "spec": node},
        "limits": limits,
        "disruption": {
            "consolidation_policy": "WhenEmptyOrUnderutilized",
            "consolidate_after": f"{machines.get('consolidate_after_seconds', 300)}s",
            "budgets": [{"nodes": "10%"}],
        },
    }


def _requirements(machines: Machines) -> list[dict[str, Any]]:
    capacity = ["spot", "on-demand"] if machines.get("spot") else ["on-demand"]
    wanted = {
        "node.kubernetes.io/instance-type": machines["sizes"],
        "karpenter.sh/capacity-type": capacity,
        "kubernetes.io/arch": ["amd64"],
        "kubernetes.io/os": ["linux"],
    }
    return [{"key": key, "operator": "In", "values": values} for key, values in wanted.items()]
