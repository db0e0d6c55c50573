"""Contract of AuditTrail: what happened is kept where nobody can change it, and told to those who watch."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.guarding import Guarding, PrivateNetwork
from components.contract.ownership import Ownership


class AuditRegion(TypedDict):
    """A region whose resources are audited; Azure takes logs only into a store of the same region."""

    name: str
    """Region."""
    resource_group: pulumi.Input[str]
    """Resource group of its store."""
    zone_redundant: NotRequired[bool]
    """Spread the store over availability zones; on by default, must be off where the region has none."""
    network: PrivateNetwork
    """Network that reaches the store and the stream by private endpoints."""
    sources: dict[str, pulumi.Input[str]]
    """Resources (ids) of this region whose logs are kept, by a short name for each."""


class SecurityStream(TypedDict):
    """A stream of all audit logs for a security information and event management system (SIEM)."""

    retention_hours: NotRequired[int]
    """Hours for which a reader may lag behind: 1 to 168; 168 by default."""
    partitions: NotRequired[int]
    """Readers at a time: 1 to 32; 4 by default. Another number makes another stream."""
    max_throughput_units: NotRequired[pulumi.Input[int]]
    """Megabytes a second that it may grow to; 10 by default."""
    reader_id: NotRequired[pulumi.Input[str]]
    """Service principal (object id) of the reader, who gets the right to read and no key; nobody by default."""


class AuditTrailArgs(TypedDict):
    """What AuditTrail takes."""

    organisation: str
    """Two to eight letters and digits that begin every globally unique name."""
    ownership: Ownership
    """Who answers for it; its environment is part of every name."""
    regions: list[AuditRegion]
    """Regions, the primary first; the subscription's activity log is kept in the primary."""
    workspace_id: pulumi.Input[str]
    """Log workspace that the activity log goes to as well, and in which Sentinel works."""
    retention_days: NotRequired[int]
    """Days for which nothing that was written can be changed or deleted; 2557 (seven years) by default."""
    locked: NotRequired[bool]
    """Make that period final. There is no way back: it can be extended and never shortened. Off by default."""
    stream: NotRequired[SecurityStream]
    """Stream for a SIEM in each region; none by default."""
    writers: NotRequired[dict[str, pulumi.Input[str]]]
    """Clusters whose ledger services write the primary region's ledger: the issuer of each, by a short name for it."""
    sentinel: NotRequired[bool]
    """Watch the workspace with Microsoft Sentinel, Defender's alerts included; off by default: it is paid by volume."""
    protect: NotRequired[bool]
    """Refuse to delete or replace stores and streams; on by default."""
    guarding: NotRequired[Guarding]
    """More private access, rights on the stores, and whether they are locked against deletion."""
