"""What a platform asks of its audit trail: for how long nothing can be changed, and who is told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headgate.stack.values import Guid, Settings


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


class Audit(Settings):
    """The audit trail: a copy of all audit logs and the ledger, which nobody can change."""

    retention_days: Annotated[int, Field(ge=1, le=146000)] = 2557
    """Days for which nothing that was written can be changed or deleted."""
    locked: bool = False
    """Make that period final: from then on it can be extended and never shortened, by nobody."""
    stream: Stream | None = None
    """Stream for a SIEM; leave out for none."""
    sentinel: bool = False
    """Watch the log workspace with Microsoft Sentinel, Defender's alerts included."""
