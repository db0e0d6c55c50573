"""What became of an object's inputs on the cluster: the inputs that a refresh or an import puts into state.

Owns the comparison of three documents: the inputs in state, the object as last seen, the object now. A field drifted
when the object changed in it since it was last seen; how the server writes a value (`1000m` or `1`) is no drift.
"""

from __future__ import annotations

import json
from typing import Any

from headgate.sandbox.providers.kubernetes.checkpoint import READ_ONLY_METADATA
from headgate.sandbox.providers.kubernetes.ownership import applied_part, owned_by_controller, was_applied
from headgate.sandbox.providers.protocol.values import PropertyPath, Secret

# What controllers write into annotations of objects that they look after.
_CONTROLLER_ANNOTATIONS = (
    "deployment.kubernetes.io/revision",
    "kubectl.kubernetes.io/last-applied-configuration",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
)
_ITEM_KEYS = ("name", "containerPort", "port", "mountPath", "key", "ip", "type", "topologyKey")
_ABSENT = object()


def drifted_inputs(inputs: dict[str, Any], seen: dict[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs with every drifted field as it is now; fields of an autoscaler stay as they were asked."""
    result = _drifted(inputs, seen, live, live, ())
    assert isinstance(result, dict)  # noqa: S101 - a mapping in, a mapping out
    return result


def imported_inputs(live: dict[str, Any], manager: str) -> dict[str, Any]:
    """Return inputs for an object that state does not know: what was applied, else all that the server did not add."""
    found = applied_part(live, manager) if was_applied(live) else json.loads(json.dumps(live))
    found.pop("status", None)
    metadata = found["metadata"]
    for name in READ_ONLY_METADATA:
        metadata.pop(name, None)
    annotations = metadata.get("annotations") or {}
    for name in _CONTROLLER_ANNOTATIONS:
        annotations.pop(name, None)
    if not annotations:
        metadata.pop("annotations", None)
    if found["kind"] == "Namespace":
        found.pop("spec", None)
        (metadata.get("labels") or {}).pop("kubernetes.io/metadata.name", None)
    return found


def _drifted(asked: Any, seen: Any, live: Any, whole: dict[str, Any], path: PropertyPath) -> Any:
    """Return the input for one field, or _ABSENT when the object lost it."""
    if isinstance(asked, Secret):
        inner = _drifted(asked.value, seen, live, whole, path)
        return _ABSENT if inner is _ABSENT else Secret(inner)
    if live == seen or owned_by_controller(whole, path):
        return asked
    if live is None:
        return _ABSENT
    if isinstance(asked, dict) and isinstance(live, dict):
        return _drifted_mapping(asked, seen, live, whole, path)
    if isinstance(asked, list) and isinstance(live, list):
        return _drifted_list(asked, seen, live, whole, path)
    return live


def _drifted_mapping(
    asked: dict[str, Any], seen: Any, live: dict[str, Any], whole: dict[str, Any], path: PropertyPath
) -> dict[str, Any]:
    before = seen if isinstance(seen, dict) else {}
    found = {key: _drifted(value, before.get(key), live.get(key), whole, (*path, key)) for key, value in asked.items()}
    # `stringData` is written, never read: its place in the live object is `data`.
    if whole.get("kind") == "Secret" and not path and "stringData" in asked:
        found["stringData"] = asked["stringData"]
    return {key: value for key, value in found.items() if value is not _ABSENT}


def _drifted_list(asked: list[Any], seen: Any, live: list[Any], whole: dict[str, Any], path: PropertyPath) -> list[Any]:
    before = seen if isinstance(seen, list) else []
    key = _item_key(asked, live)
    if key is None:
        if len(asked) != len(live):
            return live
        pairs = [(item, _get(before, index), live[index], index) for index, item in enumerate(asked)]
    else:
        index_of = {item[key]: index for index, item in enumerate(live)}
        old_of = {item.get(key): item for item in before if isinstance(item, dict)}
        # Items that others added (a sidecar that a webhook injects) are not ours.
        pairs = [
            (item, old_of.get(item[key]), live[index_of[item[key]]], index_of[item[key]])
            for item in asked
            if item[key] in index_of
        ]
    return [_drifted(item, old, now, whole, (*path, index)) for item, old, now, index in pairs]


def _item_key(asked: list[Any], live: list[Any]) -> str | None:
    """Return the field by which items of a list are told apart, as the API's list map keys do."""
    items = [*asked, *live]
    if not asked or not all(isinstance(item, dict) for item in items):
        return None
    for key in _ITEM_KEYS:
        if all(isinstance(item.get(key), str | int) for item in items):
            unique = all(len({item[key] for item in part}) == len(part) for part in (asked, live))
            return key if unique else None
    return None


def _get(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else None
