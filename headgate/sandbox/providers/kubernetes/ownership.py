"""Who owns which field of a live object, read from its `managedFields`.

Owns the reading of FieldsV1. Three things need it: an autoscaler's replica count is not drift, an import takes the
fields that somebody applied and leaves the defaults, and what an interrupted update made is recognised as ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from headgate.sandbox.providers.protocol.values import PropertyPath

Fields = Mapping[str, Any]


def is_managed_by(live: dict[str, Any], manager: str) -> bool:
    """Whether a field manager applied the object."""
    return any(entry.get("manager") == manager and entry.get("operation") == "Apply" for entry in _entries(live))


def was_applied(live: dict[str, Any]) -> bool:
    """Whether anybody used server-side apply on the object."""
    return any(entry.get("operation") == "Apply" and not entry.get("subresource") for entry in _entries(live))


def owned_by_controller(live: dict[str, Any], path: PropertyPath) -> bool:
    """Whether a controller set the field through the scale subresource, as autoscalers do."""
    return any(
        _covers(entry.get("fieldsV1") or {}, live, path, partly=False)
        for entry in _entries(live)
        if entry.get("subresource") == "scale" and not str(entry.get("manager", "")).startswith("kubectl")
    )


def owned_by_other(live: dict[str, Any], path: PropertyPath, manager: str) -> bool:
    """Whether another manager owns the field and ours does not."""
    owners = {
        entry.get("manager")
        for entry in _entries(live)
        if _covers(entry.get("fieldsV1") or {}, live, path, partly=True)
    }
    return bool(owners) and manager not in owners


def applied_part(live: dict[str, Any], manager: str) -> dict[str, Any]:
    """Return the part of an object that was applied: by our manager if it did, else by anybody."""
    applied = [e for e in _entries(live) if e.get("operation") == "Apply" and not e.get("subresource")]
    ours = [entry for entry in applied if entry.get("manager") == manager]
    part: dict[str, Any] = {"apiVersion": live["apiVersion"], "kind": live["kind"]}
    for entry in ours or applied:
        part = _merged(part, _restricted(live, entry.get("fieldsV1") or {}))
    part["metadata"] = {**part.get("metadata", {}), **_identity(live)}
    return part


def _entries(live: dict[str, Any]) -> Iterable[dict[str, Any]]:
    entries: list[dict[str, Any]] = (live.get("metadata") or {}).get("managedFields") or []
    return entries


def _identity(live: dict[str, Any]) -> dict[str, Any]:
    metadata = live["metadata"]
    return {key: metadata[key] for key in ("name", "namespace") if key in metadata}


def _covers(fields: Fields, value: Any, path: PropertyPath, *, partly: bool) -> bool:
    """Whether a field set has all of what is at the path; `partly`: or anything of it."""
    if not path:
        return partly
    step = path[0]
    if isinstance(step, int):
        if not isinstance(value, list) or step >= len(value):
            return False
        key = next((key for key in fields if _is_item(key, value[step])), None)
        inner = value[step]
    else:
        key = f"f:{step}" if f"f:{step}" in fields else None
        inner = value.get(step) if isinstance(value, dict) else None
    if key is None:
        return False
    below = {name: item for name, item in fields[key].items() if name != "."}
    return not below or _covers(below, inner, path[1:], partly=partly)


def _restricted(value: Any, fields: Fields) -> Any:
    below = {key: item for key, item in fields.items() if key != "."}
    if not below:
        return value
    if isinstance(value, dict):
        named = {key[2:]: item for key, item in below.items() if key.startswith("f:")}
        return {key: _restricted(value[key], item) for key, item in named.items() if key in value}
    if isinstance(value, list):
        return [_restricted(item, below[key]) for item in value for key in below if _is_item(key, item)]
    return value


def _is_item(key: str, item: Any) -> bool:
    if key.startswith("k:"):
        wanted = json.loads(key[2:])
        return isinstance(item, dict) and all(item.get(name) == value for name, value in wanted.items())
    return key.startswith("v:") and bool(json.loads(key[2:]) == item)


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{key: _merged(one[key], value) if key in one else value for key, value in other.items()}}
    return other
