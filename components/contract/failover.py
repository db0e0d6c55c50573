"""Contract of MultiRegionFailover: one public name, served by the healthiest region."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class Origin(TypedDict):
    """A region's gateway, as the edge sees it."""

    name: str
    """Region; becomes the origin's name."""
    address: pulumi.Input[str]
    """Address of the gateway."""
    private_link_id: NotRequired[pulumi.Input[str]]
    """Private link service in front of the gateway; the edge then needs no public address."""
    private_link_location: NotRequired[str]
    """Region from which the edge connects to that service."""
    priority: NotRequired[pulumi.Input[int]]
    """1 serves first, 2 when every 1 has failed; 1 by default."""
    weight: NotRequired[pulumi.Input[int]]
    """Share among origins of one priority; 500 by default."""


class FailoverArgs(TypedDict):
    """What MultiRegionFailover takes."""

    organisation: str
    """Two to eight letters and digits that begin every globally unique name."""
    ownership: Ownership
    """Who answers for it; its environment is part of the name."""
    resource_group: pulumi.Input[str]
    """Resource group to create it in."""
    host: pulumi.Input[str]
    """Host name that the gateways' certificates carry."""
    origins: list[Origin]
    """Gateways, one for each serving region."""
    workspace_id: pulumi.Input[str]
    """Log workspace for access and probe logs."""
    probe_path: NotRequired[pulumi.Input[str]]
    """Path that answers 200 only where models can be served; /v2/health/ready by default."""
    probe_seconds: NotRequired[pulumi.Input[int]]
    """Seconds between probes; 30 by default."""
    samples: NotRequired[pulumi.Input[int]]
    """Probes that are looked at; 4 by default."""
    successes: NotRequired[pulumi.Input[int]]
    """How many of them must succeed; 2 by default."""
    protect: NotRequired[bool]
    """Refuse to delete or replace the edge; on by default."""
