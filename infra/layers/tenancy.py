"""The tenancy layer: in every region of its platform the team's identity and rights on the cloud, and its namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components import catalog
from infra.layers.platform import SharedPlatform
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.tenancy import TenancyQuota


def build_accesses(settings: Settings, platform: SharedPlatform) -> dict[str, catalog.TeamAccess]:
    """Build the team's identity and its people's rights on the cloud in each region."""
    return {region: _access(settings, platform, region) for region in platform.regions}


def build_tenancies(
    settings: Settings, platform: SharedPlatform, accesses: dict[str, catalog.TeamAccess]
) -> dict[str, catalog.TeamTenancy]:
    """Build the namespaces in each region, from the same settings; the quota holds in each."""
    return {region: _build(settings, platform, region, accesses[region]) for region in platform.regions}


def _access(settings: Settings, platform: SharedPlatform, region: str) -> catalog.TeamAccess:
    """Build a region's identity, and rights for the team's groups."""
    team, cluster = settings.stack.team, platform.clusters[region]
    return catalog.TeamAccess(
        f"access-{region}",
        {
            "ownership": settings.ownership,
            "region": region,
            "cluster_id": cluster.id,
            "issuer": cluster.issuer,
            "edit_groups": team.groups.edit,
            "view_groups": team.groups.view,
            "protect": team.protect,
        },
    )


def _build(
    settings: Settings, platform: SharedPlatform, region: str, access: catalog.TeamAccess
) -> catalog.TeamTenancy:
    """Build a region's namespace: its service accounts act as the region's identity."""
    team = settings.stack.team
    return catalog.TeamTenancy(
        f"tenancy-{region}",
        {
            "ownership": settings.ownership,
            "quota": _quota(settings),
            "edit_groups": team.groups.edit,
            "view_groups": team.groups.view,
            "client_id": access.client_id,
            "protect": team.protect,
        },
        pulumi.ResourceOptions(providers=[platform.regions[region]]),
    )


def _quota(settings: Settings) -> TenancyQuota:
    """Say what the team may use in each region."""
    quota = settings.stack.team.quota
    return {
        "cpu": quota.cpu,
        "memory": quota.memory,
        "gpus": quota.gpus,
        "pods": quota.pods,
        "storage": quota.storage,
    }
