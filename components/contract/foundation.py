"""Contract of PlatformFoundation: what everything else stands on."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.guarding import Guarding
from components.contract.ownership import Ownership


class FoundationRegion(TypedDict):
    """One region to lay a foundation in."""

    name: str
    """Region, such as `uaenorth`."""
    network: str
    """Private IPv4 range of the region's network, /20 or larger."""


class BudgetAlert(TypedDict):
    """What may be spent a month, and who hears of it."""

    monthly: pulumi.Input[int]
    """Amount a month, in the account's currency."""
    starts: NotRequired[pulumi.Input[str]]
    """First day of the first month, as YYYY-MM-DD; that in which it is made by default. Does nothing from then on."""
    contacts: pulumi.Input[list[pulumi.Input[str]]]
    """E-mail addresses that are told."""
    thresholds: list[int]
    """Percentages of the amount at which they are told."""


class FoundationArgs(TypedDict):
    """What PlatformFoundation takes."""

    organisation: str
    """Two to eight letters and digits that begin every globally unique name."""
    ownership: Ownership
    """Who answers for it; its environment is part of every name."""
    tenant_id: pulumi.Input[str]
    """Identity tenant of the vaults."""
    regions: list[FoundationRegion]
    """Regions, the primary first. Workspace and budget live in the primary."""
    budget: BudgetAlert
    """Budget of all regions' resource groups, of their nodes' and of the alerts', with alerts of its own."""
    log_retention_days: NotRequired[pulumi.Input[int]]
    """Days for which logs are kept: 30 to 730; 365 by default."""
    vault_soft_delete_days: NotRequired[pulumi.Input[int]]
    """Days for which a deleted vault can be recovered: 7 to 90; 90 by default."""
    vault_purge_protection: NotRequired[bool]
    """Forbid destroying a deleted vault before its days are over; on by default, and can't be taken back once on."""
    protect: NotRequired[bool]
    """Refuse to delete or replace vaults, networks and workspace; on by default."""
    guarding: NotRequired[Guarding]
    """More private access to the vaults, rights on them, and whether vaults and workspace are locked."""
