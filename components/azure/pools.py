"""Node pools of an AKS cluster: separate resources, scaled by the autoscaler between their bounds."""

from typing import Any

import pulumi
from pulumi_azure_native import containerservice

from components.azure.tags import tags
from components.contract.cluster import NodePool, ServingClusterArgs

SYSTEM_TAINT = "CriticalAddonsOnly=true:NoSchedule"
GPU_TAINT = "sku=gpu:NoSchedule"
# AKS puts it on spot nodes itself; stating it keeps plan and cluster alike.
SPOT_TAINT = "kubernetes.azure.com/scalesetpriority=spot:NoSchedule"


def bootstrap_pool(args: ServingClusterArgs) -> dict[str, object]:
    """Return the inline pool that Azure asks for when a cluster is made."""
    return {
        "name": "boot",
        "mode": "System",
        "type": "VirtualMachineScaleSets",
        "count": 1,
        "vm_size": args["system"]["size"],
        "os_type": "Linux",
        "os_sku": "AzureLinux",
        "vnet_subnet_id": args["subnet_id"],
        "availability_zones": args["zones"] or None,
        "node_taints": [SYSTEM_TAINT],
        "enable_encryption_at_host": True,
    }


def wanted_pools(args: ServingClusterArgs) -> dict[str, NodePool]:
    """Return every pool by its name: all that are asked for, or the system's alone where Karpenter makes the rest."""
    if args.get("autoprovisioning", False):
        system = args["system"]
        # Azure takes no autoscaled pool beside node auto-provisioning.
        fixed: dict[str, NodePool] = {"system": {**system, "max": system["min"]}}
        return {**fixed, **_scaled_pools(args)} if args.get("fixed_pools", False) else fixed
    return {"system": args["system"], **_scaled_pools(args)}


def _scaled_pools(args: ServingClusterArgs) -> dict[str, NodePool]:
    """Return the pools for what the platform runs."""
    wanted: dict[str, NodePool] = {"cpu": args["cpu"]}
    if "gpu" in args:
        wanted["gpu"] = {**args["gpu"], "gpu": True}
    return {**wanted, **args.get("pools", {})}


def node_pool(
    name: str,
    purpose: str,
    pool: NodePool,
    args: ServingClusterArgs,
    cluster: containerservice.ManagedCluster,
    parent: pulumi.Resource,
) -> containerservice.AgentPool:
    """Make a pool; how many nodes an autoscaled one has is the autoscaler's business after creation."""
    scaled = pool["min"] != pool["max"]
    return containerservice.AgentPool(
        name,
        agent_pool_name=purpose,
        resource_name_=cluster.name,
        resource_group_name=args["resource_group"],
        mode="System" if purpose == "system" else "User",
        type="VirtualMachineScaleSets",
        vm_size=pool["size"],
        os_type="Linux",
        os_sku="AzureLinux",
        enable_encryption_at_host=True,
        enable_node_public_ip=False,
        orchestrator_version=args["kubernetes_version"],
        vnet_subnet_id=args["subnet_id"],
        availability_zones=args["zones"] or None,
        node_taints=_taints(purpose, pool),
        node_labels={"headgate.dev/pool": purpose},
        tags=tags(args["ownership"]),
        **_scaling(pool, scaled),
        **_hardware(pool),
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["count"] if scaled else None),
    )


def _scaling(pool: NodePool, scaled: bool) -> dict[str, Any]:
    """Say how many nodes there are; Azure wants a count even of an autoscaled pool when it makes it."""
    if not scaled:
        return {"enable_auto_scaling": False, "count": pool["min"]}
    return {
        "enable_auto_scaling": True,
        "count": pool["min"],
        "min_count": pool["min"],
        "max_count": pool["max"],
    }


def _hardware(pool: NodePool) -> dict[str, Any]:
    """Say what is special about the machines. Spot machines can't be asked for a surge during upgrades."""
    found: dict[str, Any] = {}
    if pool.get("gpu", False):
        found["gpu_profile"] = {"driver": "Install"}
    if "partition" in pool:
        found["gpu_instance_profile"] = pool["partition"]
    if pool.get("spot", False):
        return {**found, "scale_set_priority": "Spot", "scale_set_eviction_policy": "Delete", "spot_max_price": -1}
    return {**found, "upgrade_settings": {"max_surge": "33%", "drain_timeout_in_minutes": 30}}


def _taints(purpose: str, pool: NodePool) -> list[str]:
    """Keep away from a pool what has no business there."""
    wanted = ((SYSTEM_TAINT, purpose == "system"), (GPU_TAINT, pool.get("gpu", False)), (SPOT_TAINT, pool.get("spot")))
    return [taint for taint, applies in wanted if applies]
