"""OPA's decision log events as entries. Owns the translation; masking is the ledger's.

The gate's rules have a mask of their own (`policies/rego/main/system`), which knows what of an object is sensitive. OPA
leaves out a rule of it that fails, and sends the event as it is: what that mask takes out must be gone on arrival.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from headgate.audit.entry import Kind, now, withheld

# What describes the engine's own work, not the decision.
_LEFT_OUT = ("metrics", "timestamp", "nd_builtin_cache")
# What the gate's own mask takes out: at an object's top, in its metadata, anywhere below.
_CONTENTS = frozenset({"data", "stringData", "binaryData"})
_NOTES = frozenset({"annotations", "managedFields"})
_SETTINGS = frozenset({"env", "args", "command", "httpHeaders", "volumeAttributes", "annotations"})


def is_decision(event: Any) -> bool:
    """Say whether a document is an event of OPA's decision log."""
    return isinstance(event, Mapping) and "decision_id" in event


def entry_of_decision(event: Any) -> dict[str, Any]:
    """Return the entry of one decision; ValueError when it is no decision log event."""
    if not is_decision(event):
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
    entry = {"kind": Kind.ADMISSION.value, "time": time, "actor": actor, "subject": _subject(request), "data": data}
    left = next((name for side in ("object", "oldObject") for name in _left_in(request.get(side))), None)
    if left is None:
        return entry
    return withheld(entry, f"OPA's mask left `{left}` in it", decision_id=str(event["decision_id"]))


def _left_in(document: Any) -> Iterator[str]:
    """Yield the fields of an object that the gate's mask should have taken out; names alone, never what they hold."""
    if not isinstance(document, Mapping):
        return
    yield from (name for name in _CONTENTS if document.get(name))
    metadata = document.get("metadata")
    yield from (name for name in _NOTES if isinstance(metadata, Mapping) and metadata.get(name))
    pending = [value for name, value in document.items() if name not in _CONTENTS and name != "metadata"]
    while pending:
        value = pending.pop()
        if isinstance(value, Mapping):
            yield from (name for name in _SETTINGS if value.get(name))
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


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
