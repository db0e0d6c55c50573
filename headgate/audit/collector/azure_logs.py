"""What Azure's diagnostic settings send of an AKS cluster, as entries: the same as of a cluster whose API server calls.

AKS permits no audit webhook. Its events come as records of the categories `kube-audit` and `kube-audit-admin`, each
with the event as text; what else comes the same way is not the audit of Kubernetes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from headgate.audit.canonical import parse
from headgate.audit.collector.kept import kept
from headgate.audit.collector.kubernetes import envelopes
from headgate.audit.entry import Kind

SOURCE = "event-hub"
_CATEGORIES = frozenset({"kube-audit", "kube-audit-admin"})


def envelopes_of_message(body: bytes) -> list[dict[str, Any]]:
    """Return the envelopes of one message. One that can't be read is kept as that: it would come again for ever."""
    return kept([body], _records, Kind.KUBERNETES, SOURCE, "id")


def _records(body: bytes) -> list[dict[str, Any]]:
    """Return the envelopes of a message's records."""
    records = parse(body)["records"]
    return [one for record in records for one in kept([record], _of_record, Kind.KUBERNETES, SOURCE, "time")]


def _of_record(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the envelopes of one record; none of one that is no audit event."""
    if record["category"] not in _CATEGORIES:
        return []
    # Azure writes the ids of its records in capitals.
    cluster = str(record["resourceId"]).rpartition("/")[2].lower()
    read = partial(_of_event, cluster, record["properties"]["log"])
    return kept([record], lambda _record: read(), Kind.KUBERNETES, cluster, "time")


def _of_event(cluster: str, text: str) -> list[dict[str, Any]]:
    """Return the envelopes of the event in a record."""
    return envelopes(cluster, [parse(text)])
