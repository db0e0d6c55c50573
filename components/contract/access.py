"""Contract of TeamAccess: what a team may do on the cloud in one region, and as whom its programs act there."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.guarding import SharedArgs


class IdentityRight(TypedDict):
    """One role of the team's identity on one resource."""

    purpose: str
    """What it is for; part of its name."""
    formerly: NotRequired[list[str]]
    """What it was called before, the oldest first; none by default. It stays what it was, since Azure refuses the same
    right twice, even for a moment: keep them as long as the right stands."""
    role: str
    """The role's id (a GUID); owner-level roles are refused."""
    scope: pulumi.Input[str]
    """The resource that it holds on: one resource, never a resource group or a subscription."""


class TeamAccessArgs(SharedArgs):
    """What TeamAccess takes."""

    region: str
    """Region of the cluster."""
    cluster_id: pulumi.Input[str]
    """The cluster that the team has a namespace in."""
    issuer: pulumi.Input[str]
    """Address at which the cluster vouches for its service accounts (OIDC)."""
    service_accounts: NotRequired[list[str]]
    """Service accounts of the team's namespace that may act as its identity; `models` by default."""
    edit_groups: NotRequired[list[str]]
    """Groups (object ids) that may see and restart the team's workloads; none by default."""
    view_groups: NotRequired[list[str]]
    """Groups (object ids) that may look, but not at secrets; none by default."""
    rights: NotRequired[list[IdentityRight]]
    """What the team's identity may do; nothing by default."""
