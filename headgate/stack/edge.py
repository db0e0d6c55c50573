"""What a platform asks of its regions, and of the edge that fails over between them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from headgate.stack.values import ClientRange, Network, RegionName, Settings


class Topology(StrEnum):
    """How the regions share the work."""

    ACTIVE_ACTIVE = "active-active"
    ACTIVE_PASSIVE = "active-passive"


class RegionState(StrEnum):
    """Where a region stands in its life."""

    SERVING = "serving"
    DRAINING = "draining"


class EdgeKind(StrEnum):
    """What sends callers to a region."""

    FRONT_DOOR = "front-door"
    TRAFFIC_MANAGER = "traffic-manager"


class Standby(StrEnum):
    """How ready a region is that waits for another to fail."""

    HOT = "hot"
    WARM = "warm"


TopologyField = Annotated[Topology, Field(strict=False)]
RegionStateField = Annotated[RegionState, Field(strict=False)]
EdgeKindField = Annotated[EdgeKind, Field(strict=False)]
StandbyField = Annotated[Standby, Field(strict=False)]


class Region(Settings):
    """One region that serves."""

    name: RegionName
    """Azure region, one of the catalogue."""
    network: Network
    """Private address range of the region's virtual network; /20 or larger, not used by a peered network."""
    state: RegionStateField = RegionState.SERVING
    """`draining` takes the region out of traffic and off the teams' stacks; deploy that before the entry is removed."""
    priority: Annotated[int, Field(ge=1, le=5)] | None = None
    """Order of traffic where the topology is active-passive: 1 serves first; by default the order of the entries."""
    weight: Annotated[int, Field(ge=1, le=1000)] = 500
    """Share of the traffic among regions of the same priority."""
    standby: StandbyField = Standby.HOT
    """How ready a region that waits is: `hot` has the pools' minimum, `warm` one CPU node until it is needed."""


class Edge(Settings):
    """The global entry that fails over between regions."""

    kind: EdgeKindField | None = None
    """Front Door ends TLS in Microsoft's network, outside the country too; Traffic Manager answers DNS alone.

    By default Traffic Manager for restricted data, Front Door for all other."""
    probe_seconds: Annotated[int, Field(ge=5, le=30)] | None = None
    """Seconds between health probes. Azure's own 240 means 12 minutes to a failover.

    By default 30 at Front Door, 10 at Traffic Manager, which knows 10 and 30 only."""
    samples: Annotated[int, Field(ge=1, le=50)] = 4
    """Front Door: probes that are looked at."""
    successes: Annotated[int, Field(ge=1, le=50)] = 2
    """Front Door: of these, how many must succeed for a region to be healthy."""
    tolerated_failures: Annotated[int, Field(ge=0, le=9)] = 0
    """Traffic Manager: failed probes in a row that are overlooked."""
    ttl_seconds: Annotated[int, Field(ge=0, le=10)] = 5
    """Traffic Manager: seconds for which callers may keep an answer."""
    rate_limit: Annotated[int, Field(ge=100, le=1_000_000)] = 6000
    """Front Door: requests a minute from one address, above which the firewall refuses them."""
    clients: list[ClientRange] = Field(default=[], max_length=50)
    """Traffic Manager: address ranges that may reach the gateways; empty for all."""
