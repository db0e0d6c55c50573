"""Node pools of an AKS cluster: separate resources, scaled by the autoscaler between their bounds."""

import pulumi
from pulumi_azure_native import containerservice

from components.azure.tags import tags
from components.contract.cluster import NodePool, ServingClusterArgs

SYSTEM_TAINT = "CriticalAddonsOnly=true:NoSchedule"
GPU_TAINT = "sku=gpu:NoSchedule"
_TAINTS = {"system": [SYSTEM_TAINT], "cpu": [], "gpu": [GPU_TAINT]}


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


def node_pool(
    name: str,
    purpose: str,
    pool: NodePool,
    args: ServingClusterArgs,
    cluster: containerservice.ManagedCluster,
    parent: pulumi.Resource,
) -> containerservice.AgentPool:
    """Make a pool; how many nodes it has is the autoscaler's business after creation."""
    return containerservice.AgentPool(
        name,
        agent_pool_name=purpose,
        resource_name_=cluster.name,
        resource_group_name=args["resource_group"],
        mode="System" if purpose == "system" else "User",
        type="VirtualMachineScaleSets",
        vm_size=pool["size"],
        enable_auto_scaling=True,
        count=pool["min"],
        min_count=pool["min"],
        max_count=pool["max"],
        os_type="Linux",
        os_sku="AzureLinux",
        enable_encryption_at_host=True,
        enable_node_public_ip=False,
        orchestrator_version=args["kubernetes_version"],
        vnet_subnet_id=args["subnet_id"],
        availability_zones=args["zones"] or None,
        node_taints=_TAINTS[purpose],
        node_labels={"headgate.dev/pool": purpose},
        upgrade_settings={"max_surge": "33%"},
        tags=tags(args["ownership"]),
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["count"]),
    )
