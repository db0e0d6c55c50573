"""Contract of TeamTenancy: a team's place in one cluster, where it can't see, starve or reach another."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class TenancyQuota(TypedDict):
    """The most that the team may use in this cluster."""

    cpu: pulumi.Input[str]
    """Sum of CPU requests, and of limits."""
    memory: pulumi.Input[str]
    """Sum of memory requests, and of limits."""
    gpus: pulumi.Input[int]
    """GPUs."""
    pods: pulumi.Input[int]
    """Pods."""
    storage: NotRequired[pulumi.Input[str]]
    """Sum of persistent volumes; none by default."""
    devices: NotRequired[dict[str, int]]
    """Other devices by resource name, such as `nvidia.com/mig-1g.10gb`: 0 by default, like every GPU profile."""


class TeamTenancyArgs(TypedDict):
    """What TeamTenancy takes."""

    ownership: Ownership
    """Who answers for it; its team names the namespace."""
    quota: TenancyQuota
    """The most that the team may use."""
    edit_groups: NotRequired[list[str]]
    """Groups that may see and restart the team's workloads; none by default."""
    view_groups: NotRequired[list[str]]
    """Groups that may look, but not at secrets; none by default."""
    service_accounts: NotRequired[list[str]]
    """Identities of the team's pods, without tokens for the API server; `models` by default, which is always there."""
    client_id: NotRequired[pulumi.Input[str]]
    """Application id that the service accounts act as on the cloud; nobody there by default."""
    protect: NotRequired[bool]
    """Refuse to delete or replace the namespace, and everything in it; on by default."""
