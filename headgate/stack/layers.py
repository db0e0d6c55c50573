"""Merges layers of settings: mappings deeply, lists and single values replaced; each leaf keeps its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from headgate.stack.document import Document, KeyPath, Origin


@dataclass
class Layered:
    """Merged values, and the place of each key, list item and leaf."""

    value: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, Origin] = field(default_factory=dict)
    last: Origin = field(default_factory=lambda: Origin("stacks"))

    def origin(self, path: KeyPath) -> Origin:
        """Return the place of a value, or of the nearest thing around it that is written down."""
        while path and path not in self.origins:
            path = path[:-1]
        return self.origins.get(path, self.last)


def merge_layers(layers: Iterable[Document]) -> Layered:
    """Merge documents, weakest first."""
    result = Layered()
    for layer in layers:
        _merge(result, result.value, layer.value, layer, ())
        result.last = Origin(layer.file, layer.lines.get((), 1))
    return result


def _merge(result: Layered, target: dict[str, Any], source: dict[str, Any], layer: Document, path: KeyPath) -> None:
    """Lay one mapping over another."""
    for key, value in source.items():
        here = (*path, key)
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            result.origins[here] = _origin(layer, here)
            _merge(result, target[key], value, layer, here)
            continue
        for stale in [old for old in result.origins if old[: len(here)] == here]:
            del result.origins[stale]
        target[key] = _copied(value)
        for leaf in _paths(value, here):
            result.origins[leaf] = _origin(layer, leaf)


def _origin(layer: Document, path: KeyPath) -> Origin:
    """Return the line of a path; a value that the file does not hold came over Pulumi's command line."""
    return layer.origin(path) if path in layer.lines else Origin("pulumi config")


def _paths(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    """Yield the path of a value and of everything in it."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths(item, (*path, index))


def _copied(value: Any) -> Any:
    """Copy mappings, so that a later layer can't write into an earlier document."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return value
