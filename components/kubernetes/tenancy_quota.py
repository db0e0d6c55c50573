"""What a team may use of a cluster, as Kubernetes counts it. What is not named in a quota is not limited by it."""

from typing import Any

import pulumi

from components.contract.tenancy import TenancyQuota

SYSTEM_PRIORITIES = ("system-cluster-critical", "system-node-critical")
# Parts of GPUs, and those of another maker, are resources of their own: a quota of whole GPUs does not count them.
_DEVICES = (
    "amd.com/gpu",
    "nvidia.com/mig-1g.5gb",
    "nvidia.com/mig-1g.10gb",
    "nvidia.com/mig-1g.20gb",
    "nvidia.com/mig-2g.10gb",
    "nvidia.com/mig-2g.20gb",
    "nvidia.com/mig-3g.20gb",
    "nvidia.com/mig-3g.40gb",
    "nvidia.com/mig-4g.20gb",
    "nvidia.com/mig-4g.40gb",
    "nvidia.com/mig-7g.40gb",
    "nvidia.com/mig-7g.80gb",
)
# Far above what a team needs, far below what the cluster's store would feel.
_OBJECTS = {
    "count/configmaps": "200",
    "count/secrets": "100",
    "count/services": "200",
    "count/jobs.batch": "500",
    "count/replicasets.apps": "2000",
}


def hard(quota: TenancyQuota) -> dict[str, Any]:
    """Return the limits of a namespace's sums."""
    devices = {**dict.fromkeys(_DEVICES, 0), **quota.get("devices", {})}
    return {
        "requests.cpu": quota["cpu"],
        "limits.cpu": quota["cpu"],
        "requests.memory": quota["memory"],
        "limits.memory": quota["memory"],
        "requests.nvidia.com/gpu": pulumi.Output.from_input(quota["gpus"]).apply(str),
        **{f"requests.{name}": str(count) for name, count in devices.items()},
        "requests.storage": quota.get("storage", "0"),
        "pods": pulumi.Output.from_input(quota["pods"]).apply(str),
        # The gateway is the one way in.
        "services.loadbalancers": "0",
        "services.nodeports": "0",
        **_OBJECTS,
    }


def limits() -> list[dict[str, Any]]:
    """Return what a container gets that asks for nothing, and the most that it may write on a node's disk."""
    return [
        {
            "type": "Container",
            "default": {"cpu": "500m", "memory": "512Mi", "ephemeral-storage": "1Gi"},
            "default_request": {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "128Mi"},
            "max": {"ephemeral-storage": "20Gi"},
        }
    ]
