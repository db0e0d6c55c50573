"""The provisioning layer: nodes to measure in each cluster, where the platform asks for them instead of pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components import catalog
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.provisioning import Machines, NodeProvisioningArgs
    from headgate.stack.pools import ProvisionedNodes


def build_provisioning(settings: Settings, region: str, provider: pulumi.ProviderResource) -> list[pulumi.Resource]:
    """Build a region's NodePools; nothing where pools do. What needs nodes comes after them.

    Without its NodePools Karpenter gives back what it made: that is how it drains, while the cluster still has it.
    """
    asked = settings.stack.platform.cluster.provisioned
    if asked is None:
        return []
    args: NodeProvisioningArgs = {
        "ownership": settings.ownership,
        "node_class": {
            "api_version": asked.node_class.api_version,
            "kind": asked.node_class.kind,
            "settings": asked.node_class.settings,
        },
        "cpu": _machines(asked.cpu),
    }
    if asked.gpu is not None:
        args["gpu"] = _machines(asked.gpu)
    return [catalog.NodeProvisioning(f"nodes-{region}", args, pulumi.ResourceOptions(providers=[provider]))]


def _machines(nodes: ProvisionedNodes) -> Machines:
    return {
        "sizes": nodes.sizes,
        "max_cpus": nodes.max_cpus,
        "max_gpus": nodes.max_gpus,
        "spot": nodes.spot,
        "consolidate_after_seconds": nodes.consolidate_after_seconds,
        "expire_hours": nodes.expire_hours,
    }
