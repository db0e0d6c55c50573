"""Which setting of a stack became a property: by the places that a rule names, and the names that belong to them.

Stricter than `trace`, which points a person at the likeliest line: what is written to must be certain. A place under a
list or a table belongs to the resources that are named after its entry, and has to have the property's very value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.gate.explain import value_at
from headgate.plan.opaque import Path
from headgate.plan.view import Resource
from headgate.stack.document import KeyPath

_ANY = "*"
# What an entry of a list is called: a model by its name, a model at a site by both.
_NAMES = (("name",), ("model", "site"))


@dataclass(frozen=True)
class Place:
    """A setting, its value, and the names of the entries on the way to it."""

    path: KeyPath
    value: Any
    owners: tuple[str, ...] = ()

    @property
    def weight(self) -> int:
        """How much of a resource's name is this place's: `fraud-score-v2` is not `fraud-score`."""
        return sum(map(len, self.owners))


def places(values: Mapping[str, Any], settings: Sequence[str], resource: Resource, path: Path) -> list[Place]:
    """Return the settings that may have become a property of a resource: one, where that is certain."""
    every = [place for setting in settings for place in _expanded(values, tuple(setting.split(".")), Place((), None))]
    owned = [place for place in every if all(_is_named(resource, owner) for owner in place.owners)]
    most = max((place.weight for place in owned), default=0)
    nearest = [place for place in owned if place.weight == most]
    found = value_at(resource.properties, path)
    return [place for place in nearest if _became(place, found)]


def _became(place: Place, found: Any) -> bool:
    """Whether a property has a setting's value; a setting that nobody set became what the component made of it."""
    if place.value is None:
        return not place.owners
    return found is not None and str(place.value) == str(found)


def _expanded(value: Any, parts: tuple[str, ...], so_far: Place) -> Iterator[Place]:
    """Yield every place that a pattern stands for."""
    if not parts:
        yield Place(so_far.path, value, so_far.owners)
        return
    head, rest = parts[0], parts[1:]
    if head == _ANY:
        for key, item, owners in _entries(value):
            yield from _expanded(item, rest, Place((*so_far.path, key), None, (*so_far.owners, *owners)))
    elif isinstance(value, list) and head.isdigit() and int(head) < len(value):
        yield from _expanded(value[int(head)], rest, Place((*so_far.path, int(head)), None, so_far.owners))
    elif isinstance(value, Mapping) and head in value:
        yield from _expanded(value[head], rest, Place((*so_far.path, head), None, so_far.owners))


def _entries(value: Any) -> Iterator[tuple[str | int, Any, tuple[str, ...]]]:
    if isinstance(value, Mapping):
        yield from ((str(key), item, (str(key),)) for key, item in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield from ((index, item, owners) for index, item in enumerate(value) if (owners := _called(item)))


def _called(entry: Any) -> tuple[str, ...]:
    """Return an entry's names; one without any belongs to nobody."""
    for keys in _NAMES:
        if isinstance(entry, Mapping) and all(isinstance(entry.get(key), str) for key in keys):
            return tuple(entry[key] for key in keys)
    return ()


def _is_named(resource: Resource, owner: str) -> bool:
    """Whether a resource, or the component around it, has a name in its own."""
    names = f"{resource.name} {resource.parent.rpartition('::')[2]}"
    return re.search(rf"(?<![a-z0-9]){re.escape(owner)}(?![a-z0-9])", names) is not None
