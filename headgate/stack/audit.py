"""What a platform asks of its audit trail: for how long nothing can be changed, and who is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headgate.stack.image import Image
from headgate.stack.values import ClientRange, Guid, Label, Settings


class Stream(Settings):
    """A stream of all audit logs in each region, for a security information and event management system (SIEM)."""

    retention_hours: Annotated[int, Field(ge=1, le=168)] = 168
    """Hours for which a reader may lag behind."""
    partitions: Annotated[int, Field(ge=1, le=32)] = 4
    """Readers at a time. Azure makes another stream for another number."""
    max_throughput_units: Annotated[int, Field(ge=1, le=40)] = 10
    """Megabytes a second that it may grow to."""
    reader: Guid | None = None
    """Service principal (object id) of the reader; it gets the right to read, and no key."""


class LedgerWriter(Image):
    """The ledger's writer in each cluster, which gates and Alertmanager tell what they did; all write one ledger."""

    callers: list[Label] = Field(default=[], max_length=50)
    """Namespaces that may call it beside the gate's and the cluster's own monitoring: teams with a receiver."""
    networks: list[ClientRange] = Field(default=[], max_length=20)
    """Address ranges outside the cluster that may call it."""
    replicas: Annotated[int, Field(ge=1, le=5)] = 2
    """Pods."""


class Audit(Settings):
    """The audit trail: a copy of all audit logs and the ledger, which nobody can change."""

    retention_days: Annotated[int, Field(ge=1, le=146000)] = 2557
    """Days for which nothing that was written can be changed or deleted."""
    locked: bool = False
    """Make that period final: from then on it can be extended and never shortened, by nobody."""
    ledger: LedgerWriter | None = None
    """Writer of the ledger in each cluster, into the primary region's store; by default it runs elsewhere."""
    stream: Stream | None = None
    """Stream for a SIEM; leave out for none."""
    sentinel: bool = False
    """Watch the log workspace with Microsoft Sentinel, Defender's alerts included."""
