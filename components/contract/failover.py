"""Contract of MultiRegionFailover: one public name, served by the healthiest region."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.guarding import Guarding
from components.contract.ownership import Ownership


class Origin(TypedDict):
    """A region's gateway, as the edge sees it."""

    name: str
    """Region; becomes the origin's name."""
    address: pulumi.Input[str]
    """Address of the gateway."""
    private_link_id: NotRequired[pulumi.Input[str]]
    """Private link service in front of the gateway; the front door then needs no public address."""
    private_link_location: NotRequired[str]
    """Region from which the front door connects to that service."""
    priority: NotRequired[int]
    """1 serves first, 2 when every 1 has failed; 1 by default."""
    weight: NotRequired[pulumi.Input[int]]
    """Share among origins of one priority; 500 by default."""
    enabled: NotRequired[bool]
    """Whether it gets traffic; off while a region drains, on by default."""


class EdgeService(TypedDict):
    """What is reached under some paths of the public name, with probes of its own."""

    name: str
    """Name of the service, 1 to 20 lower-case letters, digits and hyphens."""
    paths: list[str]
    """Paths that belong to it, such as `/v1/*`."""
    probe_path: pulumi.Input[str]
    """Path that answers 200 only where it can be served."""


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
    kind: NotRequired[str]
    """front-door (the default) ends TLS at the edge; traffic-manager answers DNS alone, and TLS ends in the region."""
    services: NotRequired[list[EdgeService]]
    """Services beside the models', each probed by itself; front-door only, none by default."""
    probe_path: NotRequired[pulumi.Input[str]]
    """Path that answers 200 only where models can be served; /v2/health/ready by default."""
    probe_seconds: NotRequired[pulumi.Input[int]]
    """Seconds between probes; 30 by default at a front door, 10 at a traffic manager, which takes 10 and 30 only."""
    samples: NotRequired[pulumi.Input[int]]
    """Front door: probes that are looked at; 4 by default."""
    successes: NotRequired[pulumi.Input[int]]
    """Front door: how many of them must succeed; 2 by default."""
    rate_limit: NotRequired[pulumi.Input[int]]
    """Front door: requests a minute from one address, above which they are refused; 6000 by default."""
    firewall_mode: NotRequired[pulumi.Input[str]]
    """Front door: Prevention (the default) refuses what the firewall's rules match, Detection logs it."""
    tolerated_failures: NotRequired[pulumi.Input[int]]
    """Traffic manager: failed probes in a row that are overlooked; 0 by default."""
    ttl_seconds: NotRequired[pulumi.Input[int]]
    """Traffic manager: seconds for which callers may keep an answer; 5 by default."""
    protect: NotRequired[bool]
    """Refuse to delete or replace the edge; on by default."""
    guarding: NotRequired[Guarding]
    """Rights, and a lock, which is off by default here: it would keep a drained region's origin from being removed."""
