"""The registry layer: models and images, with a copy in each serving region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components import catalog
from headgate.stack import region_catalogue
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.registry import ModelRegistryArgs


def build_registry(settings: Settings, foundation: catalog.PlatformFoundation) -> catalog.ModelRegistry:
    """Build the registry in the primary region, and its replicas in the others."""
    platform = settings.stack.platform
    home, *others = [region.name for region in platform.regions]
    facts = region_catalogue()
    args: ModelRegistryArgs = {
        "organisation": platform.organisation,
        "ownership": settings.ownership,
        "resource_group": foundation.resource_group,
        "region": home,
        "zone_redundant": facts[home].registry_zones,
        "replicas": [{"region": name, "zone_redundant": facts[name].registry_zones} for name in others],
        "workspace_id": foundation.workspace_id,
        "retention_days": platform.registry.retention_days,
        "machine_learning": platform.registry.machine_learning,
        "protect": platform.protect,
        "guarding": {
            "lock": platform.lock,
            "private_access": [ground.private_network for ground in foundation.regions.values()],
        },
    }
    if platform.registry.learning_workspace:
        args["learning_workspace"] = {"vault_id": foundation.regions[home].vault_id}
    return catalog.ModelRegistry("registry", args)
