"""Contract of EdgeSite: a small cluster outside the cloud, that is seen, reached and kept from it."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.guarding import Guarding
from components.contract.ownership import Ownership


class SiteSource(TypedDict):
    """Where a site finds what it must always have, also after a night without a line."""

    url: str
    """Git repository, by HTTPS."""
    commit: str
    """The commit that was approved; a branch would be whatever it is at that moment."""
    path: NotRequired[str]
    """Folder in it; ./sites/<site> by default."""
    secret: NotRequired[str]
    """Secret in the site's namespace `headgate-edge` with what the repository asks for; none by default.

    It stays at the site: neither the stack nor Azure ever has it."""


class EdgeSiteArgs(TypedDict):
    """What EdgeSite takes."""

    ownership: Ownership
    """Who answers for it; its environment is part of the name."""
    site: str
    """Name of the site."""
    resource_group: pulumi.Input[str]
    """Resource group of its record."""
    region: str
    """Region that keeps its record; the site itself is where it is."""
    agent_key: str
    """Public key of the site's agents, base64; the site keeps the other half, and it never changes."""
    admin_groups: list[str]
    """Groups (object ids) whose members administer it."""
    tenant_id: pulumi.Input[str]
    """Identity tenant whose users reach it."""
    workspace_id: pulumi.Input[str]
    """Log workspace that takes its logs."""
    source: SiteSource
    """What it must always have."""
    sync_minutes: NotRequired[int]
    """Minutes between two looks at the source; 10 by default."""
    protect: NotRequired[bool]
    """Refuse to delete or replace its record, which would cut it off; on by default."""
    guarding: NotRequired[Guarding]
    """Lock and rights; a site is reached by its agents alone."""
