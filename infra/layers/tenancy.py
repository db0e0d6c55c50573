"""The tenancy layer: the team's namespace in every region of its platform."""

from __future__ import annotations

import pulumi

from components.catalog import TeamTenancy
from infra.layers.platform import SharedPlatform
from infra.settings import Settings


def build_tenancies(settings: Settings, platform: SharedPlatform) -> dict[str, TeamTenancy]:
    """Build the namespaces; the quota holds in each region."""
    team = settings.stack.team
    return {
        region: TeamTenancy(
            f"tenancy-{region}",
            {
                "ownership": settings.ownership,
                "quota": {
                    "cpu": team.quota.cpu,
                    "memory": team.quota.memory,
                    "gpus": team.quota.gpus,
                    "pods": team.quota.pods,
                },
                "edit_groups": team.groups.edit,
                "view_groups": team.groups.view,
            },
            pulumi.ResourceOptions(providers=[provider]),
        )
        for region, provider in platform.regions.items()
    }
