"""The failover layer: one public name in front of every region's gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components import catalog
from headgate.stack import region_catalogue
from headgate.stack.edge import EdgeKind, RegionState
from infra.layers.cluster import Cluster
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.failover import Origin
    from headgate.stack.edge import Region
    from headgate.stack.platform import PlatformStack


def build_failover(
    settings: Settings, foundation: catalog.PlatformFoundation, clusters: dict[str, Cluster]
) -> catalog.MultiRegionFailover:
    """Build the edge over the clusters' gateways."""
    platform = settings.stack.platform
    return catalog.MultiRegionFailover(
        "edge",
        {
            "organisation": platform.organisation,
            "ownership": settings.ownership,
            "resource_group": foundation.resource_group,
            "host": platform.gateway.host,
            "origins": [_origin(platform, region, clusters[region.name]) for region in platform.regions],
            "workspace_id": foundation.workspace_id,
            "kind": str(platform.edge_kind),
            "probe_seconds": platform.probe_seconds,
            "samples": platform.edge.samples,
            "successes": platform.edge.successes,
            "rate_limit": platform.edge.rate_limit,
            "tolerated_failures": platform.edge.tolerated_failures,
            "ttl_seconds": platform.edge.ttl_seconds,
            "protect": platform.protect,
        },
    )


def _origin(platform: PlatformStack, region: Region, cluster: Cluster) -> Origin:
    """Say how the edge reaches a region, and when it should."""
    origin: Origin = {
        "name": region.name,
        "address": cluster.address,
        "priority": platform.priority(region),
        "weight": region.weight,
        "enabled": region.state is RegionState.SERVING,
    }
    if platform.edge_kind is EdgeKind.FRONT_DOOR:
        origin["private_link_id"] = cluster.private_link_id
        origin["private_link_location"] = region_catalogue()[region.name].private_link
    return origin
