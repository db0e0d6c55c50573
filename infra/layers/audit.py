"""The audit layer: what the platform's resources log, kept in each region where nobody can change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components import catalog
from headgate.stack import region_catalogue
from infra.layers.cluster import Cluster
from infra.layers.ledger import issuers
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.audit import AuditRegion, AuditTrailArgs, SecurityStream


def build_audit(
    settings: Settings,
    foundation: catalog.PlatformFoundation,
    registry: catalog.ModelRegistry,
    clusters: dict[str, Cluster],
    sites: dict[str, catalog.EdgeSite],
) -> catalog.AuditTrail:
    """Build the trail over vaults, registries, clusters and the records of sites."""
    platform = settings.stack.platform
    home = platform.regions[0].name
    args: AuditTrailArgs = {
        "organisation": platform.organisation,
        "ownership": settings.ownership,
        "workspace_id": foundation.workspace_id,
        "regions": [
            _region(
                foundation,
                region.name,
                _sources(foundation, registry, clusters, region.name, home)
                | {f"site-{site.name}": sites[site.name].cluster_id for site in platform.sites_of(region.name)},
            )
            for region in platform.regions
        ],
        "retention_days": platform.audit.retention_days,
        "locked": platform.audit.locked,
        "sentinel": platform.audit.sentinel,
        "protect": platform.protect,
        "guarding": {"lock": platform.lock},
    }
    writers = issuers(settings, clusters)
    if writers:
        args["writers"] = writers
    stream = _stream(settings)
    if stream is not None:
        args["stream"] = stream
    return catalog.AuditTrail("audit", args)


def _region(foundation: catalog.PlatformFoundation, region: str, sources: dict[str, pulumi.Input[str]]) -> AuditRegion:
    """Say where a region's store is, and what it keeps."""
    ground = foundation.regions[region]
    return {
        "name": region,
        "resource_group": ground.resource_group,
        "zone_redundant": bool(region_catalogue()[region].zones),
        "network": ground.private_network,
        "sources": sources,
    }


def _sources(
    foundation: catalog.PlatformFoundation,
    registry: catalog.ModelRegistry,
    clusters: dict[str, Cluster],
    region: str,
    home: str,
) -> dict[str, pulumi.Input[str]]:
    """Name what a region logs. The registries log in their home region alone, whichever replica answers."""
    found: dict[str, pulumi.Input[str]] = {f"vault-{region}": foundation.regions[region].vault_id}
    if region in clusters:
        found[f"cluster-{region}"] = clusters[region].id
    return found | registry.audited if region == home else found


def _stream(settings: Settings) -> SecurityStream | None:
    """Say what a SIEM reads, where one is asked for."""
    wanted = settings.stack.platform.audit.stream
    if wanted is None:
        return None
    stream: SecurityStream = {
        "retention_hours": wanted.retention_hours,
        "partitions": wanted.partitions,
        "max_throughput_units": wanted.max_throughput_units,
    }
    if wanted.reader is not None:
        stream["reader_id"] = wanted.reader
    return stream
