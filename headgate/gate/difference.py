"""What a change does to a stack: the resources of a view that do not stay as they are.

From the plan's own operations, or from two previews, of the target branch and of the change. Judges nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from headgate.plan.view import Operation, Resource, View

# Which commit and which change made a deployment differs each time, and says nothing of what is deployed.
_LABELS = frozenset({"headgate.dev/commit", "headgate.dev/change"})
_TAGS = frozenset({"commit", "change"})
# Our own components deploy nothing themselves: what they consist of is listed.
_OWN = "headgate:"
_CHANGING = frozenset({Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.DELETE})


def planned(view: View) -> tuple[Resource, ...]:
    """Return what a plan does, each resource once: a replacement's deletion is a part of it."""
    changing = [each for each in view.resources if each.operation in _CHANGING]
    replaced = {each.id for each in changing if each.operation is Operation.REPLACE}
    found: dict[str, Resource] = {}
    for each in changing:
        if each.operation is Operation.REPLACE or each.id not in replaced:
            found.setdefault(each.id, each)
    return tuple(found.values())


def between(before: View, after: View) -> tuple[Resource, ...]:
    """Return what differs between two views of one stack, with the operation that a deployment would do."""
    old, new = _by_id(before.resources), _by_id(after.resources)
    found = [
        replace(each, operation=Operation.UPDATE if each.id in old else Operation.CREATE)
        for name, versions in new.items()
        if [_asked(item.properties) for item in versions] != [_asked(item.properties) for item in old.get(name, ())]
        for each in versions[:1]
    ]
    gone = [replace(versions[0], operation=Operation.DELETE) for name, versions in old.items() if name not in new]
    return (*found, *gone)


def _by_id(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    """Group what stays by id; two manifests may name one object."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for each in resources:
        if each.operation is not Operation.DELETE and not each.type.startswith(_OWN):
            found[each.id].append(each)
    return found


def _asked(value: Any, within: str = "") -> Any:
    """Return properties without the labels and tags that name the change itself."""
    if isinstance(value, list):
        return [_asked(item, within) for item in value]
    if not isinstance(value, Mapping):
        return value
    own = _LABELS | _TAGS if within in ("tags", "labels") else _LABELS
    return {key: _asked(item, key) for key, item in value.items() if key not in own}
