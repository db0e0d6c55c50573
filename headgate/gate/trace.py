"""From a planned property back to the line of the stack file that it came from.

The program turns settings into resources, and Pulumi's plan does not say which setting became what. So a value is
sought among the stack's settings: the same text, or a text that holds it whole; short texts and numbers only under a
name that says the same. Where nothing fits, the resource's own entry in the stack file is named. Judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache, partial
from pathlib import Path as Folder
from typing import Any

from headgate.errors import HeadgateError
from headgate.plan.opaque import Path
from headgate.plan.view import Resource, Source, View
from headgate.stack.document import KeyPath, Origin
from headgate.stack.folder import find_stacks
from headgate.stack.written import written

# A text this long is nobody's by accident: digests, references, names of registries.
_TELLING = 12
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


@dataclass(frozen=True)
class Setting:
    """One value of a stack's settings, and its place."""

    path: Path
    value: Any
    source: Source


@dataclass(frozen=True)
class Trace:
    """A stack's settings, by value, and where each is written."""

    values: Mapping[str, Any]
    origins: Mapping[KeyPath, Origin]

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """Return every single value that a file sets."""
        found = []
        for path, value in _leaves(self.values, ()):
            origin = self.origins.get(path)
            if origin is not None and origin.line is not None:
                found.append(Setting(path, value, Source(origin.file, origin.line)))
        return tuple(found)

    def setting_of(self, resource: Resource, path: Path) -> Setting | None:
        """Return the setting that became a property; None where that can't be told."""
        found, value = _value_at(resource.properties, path)
        if not found:
            return None
        ranked = [(rank, each) for each in self.settings if (rank := _rank(each, path, value))]
        best = [each for rank, each in ranked if rank == max(rank for rank, _ in ranked)]
        own = [each for each in best if self._owns(each.path, resource)]
        chosen = own or best
        return chosen[0] if len({each.source for each in chosen}) == 1 else None

    def source_of(self, resource: Resource, path: Path) -> Source | None:
        """Return the line of a property's setting, else of the entry that the resource belongs to."""
        setting = self.setting_of(resource, path)
        return setting.source if setting else self._entry(resource)

    def _owns(self, path: Path, resource: Resource) -> bool:
        """Whether a setting stands in the entry, such as a model, that the resource is named after."""
        name = self._name_of(path[:2])
        return name is not None and name in _names(resource)

    def _entry(self, resource: Resource) -> Source | None:
        entries = {path[:2] for path in self.origins if len(path) > 1 and isinstance(path[1], int)}
        mine = [path for path in sorted(entries, key=str) if self._owns(path, resource)]
        # The longest name: `fraud-score-v2` is not `fraud-score`.
        best = max(mine, key=lambda path: len(self._name_of(path) or ""), default=None)
        origin = self.origins.get(best) if best else None
        return Source(origin.file, origin.line) if origin and origin.line else None

    def _name_of(self, path: Path) -> str | None:
        entry = _value_at(self.values, path)[1] if len(path) == len(("models", 0)) else None
        name = entry.get("name") if isinstance(entry, Mapping) else None
        return name if isinstance(name, str) and name else None


def over(view: View, trace: Trace) -> View:
    """Return a view whose properties know the line of the stack file that they came from."""
    return _over(view, lambda: trace)


def over_own_stack(view: View) -> View:
    """Trace a view of a stack that this project has a file of; any other stays as it is."""
    stacks = find_stacks()
    if view.stack is None or not (stacks / f"Pulumi.{view.stack}.yaml").is_file():
        return view
    return _over(view, cache(partial(_trace_of, view.stack, stacks)))


def _over(view: View, trace: Callable[[], Trace | None]) -> View:
    traced = (replace(each, locate=partial(_locate, each, trace)) for each in view.resources)
    return replace(view, resources=tuple(traced))


def _locate(resource: Resource, trace: Callable[[], Trace | None], path: Path) -> Source | None:
    known = trace()
    return known.source_of(resource, path) if known else None


def _trace_of(stack: str, folder: Folder) -> Trace | None:
    """Read a stack's settings: when the first line is asked for, since most checks find nothing to tell a line of.

    Whether they fit is not asked: a line is where it is.
    """
    try:
        layered = written(stack, folder)
    except HeadgateError:
        # The plan was made from another state of the file: what is judged is the plan, lines are a courtesy.
        return None
    return Trace(layered.value, layered.origins)


def _rank(setting: Setting, path: Path, value: Any) -> int:
    """Return how surely a setting became a property; 0 where it did not."""
    text = setting.value
    named = bool(_words(setting.path) & _words(path))
    if isinstance(value, str) and isinstance(text, str) and len(text) >= _TELLING:
        if value == text:
            return 4 if named else 3
        return 2 if text in value else 0
    same = type(value) is type(text) and value == text and value not in (None, "", [], {})
    return 1 if same and _words(setting.path[-2:]) & _words(path[-1:]) else 0


@lru_cache(maxsize=4096)  # Each finding is compared with every setting, whose words stay the same.
def _words(path: Path) -> frozenset[str]:
    """Return the words of a path's last names: `minReplicas` and `replicas.min` share both of theirs."""
    return frozenset(word.lower() for part in path[-2:] if isinstance(part, str) for word in _WORD.findall(part))


def _names(resource: Resource) -> str:
    return f"{resource.name} {resource.parent.rpartition('::')[2]}"


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def _value_at(value: Any, path: Path) -> tuple[bool, Any]:
    """Return whether there is a value at a path, and the value."""
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return False, None
    return True, value
