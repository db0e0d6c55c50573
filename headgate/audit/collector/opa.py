"""OPA's decision log events as entries. Owns the translation; masking is the ledger's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.audit.entry import Kind, now

# What describes the engine's own work, not the decision.
_LEFT_OUT = ("metrics", "timestamp", "nd_builtin_cache")


def entry_of_decision(event: Any) -> dict[str, Any]:
    """Return the entry of one decision; ValueError when it is no decision log event."""
    if not isinstance(event, Mapping) or "decision_id" not in event:
        raise ValueError("a decision log event is an object with `decision_id`")
    data = {key: value for key, value in event.items() if key not in _LEFT_OUT}
    request = _admission_request(event.get("input"))
    time = event.get("timestamp") or now()
    if request is None:
        actor = str(event.get("requested_by") or "opa")
        return {
            "kind": Kind.DECISION.value,
            "time": time,
            "actor": actor,
            "subject": str(event.get("path", "")),
            "data": data,
        }
    actor = str(request.get("userInfo", {}).get("username", "unknown"))
    return {"kind": Kind.ADMISSION.value, "time": time, "actor": actor, "subject": _subject(request), "data": data}


def _admission_request(document: Any) -> Mapping[str, Any] | None:
    """Return the admission request within a decision's input, wherever its envelope put it."""
    for path in (("request",), ("review", "request"), ("admission", "request"), ("resource", "request")):
        found: Any = document
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping) and "uid" in found:
            return found
    return None


def _subject(request: Mapping[str, Any]) -> str:
    """Name what was asked for: `CREATE Deployment fraud/scorer`."""
    kind = request.get("kind", {}).get("kind", "")
    name = "/".join(part for part in (request.get("namespace"), request.get("name")) if part)
    return " ".join(part for part in (request.get("operation"), kind, name) if part)
