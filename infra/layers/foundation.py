"""The foundation layer: what every other layer of a platform stands on."""

from __future__ import annotations

from components import catalog
from components.contract.foundation import BudgetAlert
from headgate.stack.platform import Budget
from infra.settings import Settings


def build_foundation(settings: Settings) -> catalog.PlatformFoundation:
    """Build resource groups, networks, identities, vaults, log workspace and budget."""
    platform = settings.stack.platform
    return catalog.PlatformFoundation(
        "foundation",
        {
            "organisation": platform.organisation,
            "ownership": settings.ownership,
            "tenant_id": platform.tenant_id,
            "regions": [{"name": region.name, "network": region.network} for region in platform.regions],
            "budget": _budget(platform.budget),
            "log_retention_days": platform.logs.retention_days,
            "vault_soft_delete_days": platform.vault.soft_delete_days,
            "vault_purge_protection": platform.vault.purge_protection,
            "protect": platform.protect,
            "guarding": {"lock": platform.lock},
        },
    )


def _budget(asked: Budget) -> BudgetAlert:
    """Return the budget; without a first month it counts from the one in which it is made."""
    budget: BudgetAlert = {
        "monthly": asked.monthly,
        "contacts": list(asked.contacts),
        "thresholds": asked.thresholds,
    }
    if asked.starts:
        budget["starts"] = asked.starts
    return budget
