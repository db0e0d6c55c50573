"""The failover layer: one public name in front of every region's gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.catalog import MultiRegionFailover, PlatformFoundation
from headgate.stack import region_catalogue
from infra.layers.cluster import Cluster
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.failover import Origin
    from headgate.stack.edge import Region


def build_failover(
    settings: Settings, foundation: PlatformFoundation, clusters: dict[str, Cluster]
) -> MultiRegionFailover:
    """Build the edge over the clusters' gateways."""
    platform = settings.stack.platform
    return MultiRegionFailover(
        "edge",
        {
            "organisation": platform.organisation,
            "ownership": settings.ownership,
            "resource_group": foundation.resource_group,
            "host": platform.gateway.host,
            "origins": [
                _origin(region, platform.priority(region), clusters[region.name]) for region in platform.regions
            ],
            "workspace_id": foundation.workspace_id,
            "probe_seconds": platform.probe_seconds,
            "samples": platform.edge.samples,
            "successes": platform.edge.successes,
            "protect": platform.protect,
        },
    )


def _origin(region: Region, priority: int, cluster: Cluster) -> Origin:
    """Say how the edge reaches a region, and when it should."""
    return {
        "name": region.name,
        "address": cluster.address,
        "private_link_id": cluster.private_link_id,
        "private_link_location": region_catalogue()[region.name].private_link,
        "priority": priority,
        "weight": region.weight,
    }
