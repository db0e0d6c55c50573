"""What changed between two property trees, in the words of Pulumi's detailed diff.

Owns property paths and the DiffResponse; what a change means for a resource is the provider's business.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pulumi.runtime.proto import provider_pb2

from headgate.sandbox.providers.protocol.values import PropertyPath, Secret, Unknown

_SEGMENT = re.compile(r"""\.?([^.\[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]""")
_PLAIN_SEGMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class Change(Enum):
    """What happened to one property."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class PropertyChange:
    """One changed property: where, how, and whether the resource must be replaced for it."""

    path: PropertyPath
    change: Change
    replace: bool = False


def path_text(path: PropertyPath) -> str:
    """Return a path as Pulumi writes it: `spec.ports[0].name`, `metadata.annotations["a.b/c"]`."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        elif _PLAIN_SEGMENT.fullmatch(segment):
            text += f".{segment}" if text else segment
        else:
            quoted = segment.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{quoted}"]'
    return text


def parse_path(text: str) -> PropertyPath:
    """Return the steps of a path as Pulumi writes it."""
    steps: list[str | int] = []
    for match in _SEGMENT.finditer(text):
        plain, index, quoted = match.groups()
        if index is not None:
            steps.append(int(index))
        else:
            steps.append(plain if plain is not None else re.sub(r"\\(.)", r"\1", quoted))
    return tuple(steps)


def changes(old: Any, new: Any, at: PropertyPath = ()) -> Iterator[PropertyChange]:
    """Yield the changed leaves between two values. Secrets compare by content; an unknown always differs."""
    old, new = _open(old), _open(new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _mapping_changes(old, new, at)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_changes(old, new, at)
    elif not _same_leaf(old, new):
        yield PropertyChange(at, Change.UPDATE)


def diff_response(
    found: Collection[PropertyChange],
    *,
    delete_before_replace: bool = False,
    stables: Collection[str] = (),
    input_diff: bool = True,
) -> provider_pb2.DiffResponse:
    """Return changes as the engine wants them, with a detailed diff."""
    response = provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=sorted({str(item.path[0]) for item in found if item.path}),
        replaces=sorted({path_text(item.path) for item in found if item.replace}),
        stables=stables,
        deleteBeforeReplace=delete_before_replace and any(item.replace for item in found),
        hasDetailedDiff=True,
    )
    for item in found:
        entry = response.detailedDiff[path_text(item.path)]
        entry.kind, entry.inputDiff = _kind(item), input_diff
    return response


def _mapping_changes(old: Mapping[str, Any], new: Mapping[str, Any], at: PropertyPath) -> Iterator[PropertyChange]:
    for key in sorted(old.keys() | new.keys()):
        yield from _item_changes(old.get(key), new.get(key), (*at, key))


def _list_changes(old: list[Any], new: list[Any], at: PropertyPath) -> Iterator[PropertyChange]:
    for index in range(max(len(old), len(new))):
        before = old[index] if index < len(old) else None
        after = new[index] if index < len(new) else None
        yield from _item_changes(before, after, (*at, index))


def _item_changes(before: Any, after: Any, at: PropertyPath) -> Iterator[PropertyChange]:
    # Pulumi and Kubernetes both treat a null property as an absent one.
    if before is None and after is None:
        return
    if before is None:
        yield PropertyChange(at, Change.ADD)
    elif after is None:
        yield PropertyChange(at, Change.DELETE)
    else:
        yield from changes(before, after, at)


def _open(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else value


def _same_leaf(old: Any, new: Any) -> bool:
    if isinstance(new, Unknown) or isinstance(old, bool) is not isinstance(new, bool):
        return False  # Python holds True equal to 1
    return bool(old == new)


def _kind(item: PropertyChange) -> provider_pb2.PropertyDiff.Kind.ValueType:
    kinds = provider_pb2.PropertyDiff
    plain = {Change.ADD: kinds.ADD, Change.DELETE: kinds.DELETE, Change.UPDATE: kinds.UPDATE}
    replacing = {
        Change.ADD: kinds.ADD_REPLACE,
        Change.DELETE: kinds.DELETE_REPLACE,
        Change.UPDATE: kinds.UPDATE_REPLACE,
    }
    return (replacing if item.replace else plain)[item.change]
