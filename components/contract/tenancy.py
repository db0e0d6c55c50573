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
