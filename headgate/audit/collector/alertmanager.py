"""Alertmanager's webhook calls as entries: each alert as it begins and as it is over. Owns the translation.

A call that was not taken is made again, and one about an alert that stands is repeated: who counts goes by
`fingerprint` and `starts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from headgate.audit.collector.kept import kept
from headgate.audit.entry import Kind, now

RESOLVED = "resolved"
_FIRING = "firing"


def envelopes_of_call(document: Any, stack: str = "") -> list[dict[str, Any]]:
    """Return the envelopes of a call about a stack, or about none; ValueError when it is no such call."""
    alerts = document.get("alerts") if isinstance(document, Mapping) else None
    if not isinstance(alerts, list):
        raise ValueError("expected Alertmanager's webhook document: an object with `alerts`")
    return kept(alerts, partial(_entries, stack), Kind.ALERT, "alertmanager", "fingerprint")


def _entries(stack: str, alert: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the entry of one alert."""
    status, labels = alert["status"], alert["labels"]
    if status not in (_FIRING, RESOLVED):
        raise ValueError("another status than firing and resolved")
    name = labels["alertname"]
    data = {
        # Beside `alert`, by which the ledger's own alarms are counted: a name that anybody may give is none of those.
        "name": name,
        "status": status,
        "stack": stack,
        "labels": labels,
        "annotations": alert.get("annotations"),
        "starts": alert.get("startsAt"),
        "ends": alert.get("endsAt") if status == RESOLVED else None,
        "fingerprint": alert.get("fingerprint"),
    }
    return [
        {
            "kind": Kind.ALERT.value,
            "time": alert.get("endsAt" if status == RESOLVED else "startsAt") or now(),
            "actor": "alertmanager",
            "subject": "/".join(part for part in (stack, name) if part),
            "data": {key: value for key, value in data.items() if value not in (None, "", {})},
        }
    ]
