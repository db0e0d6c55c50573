"""What a release carries along from environment to environment, told from the settings' own types.

A release is what was proven: everything that is named by digest, with the settings beside the digest. Carried are

- each entry of a list (or table) that has a digest anywhere in it: a model with its version, runtime and objectives;
- each group that has a digest of its own: an image;
- fields that their group names in `RELEASED`;

without the fields that a group names in `PER_ENVIRONMENT`. Everything else is the environment's own: regions, quotas,
who may do what, budgets. New settings take part by their types; nothing here knows a field by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from headgate.stack.document import KeyPath
from headgate.stack.values import Digest, Settings

_DIGEST_CHECK = get_args(Digest)[1]
NAME = "name"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Setting:
    """A value of a stack: where it is, by entries' names and by their positions, and whether a release carries it."""

    path: KeyPath
    place: KeyPath
    value: Any
    released: bool

    @property
    def entry(self) -> tuple[KeyPath, KeyPath] | None:
        """Path and place of the innermost named entry that the value is in."""
        for size in range(len(self.path) - 1, 0, -1):
            if self.path[:size] != self.place[:size] and isinstance(self.place[size - 1], int):
                return self.path[:size], self.place[:size]
        return None


def settings_of(config: Settings) -> Iterator[Setting]:
    """Yield every value of a stack's settings, in the order of the schema.

    Entries of a list that have names are told apart by them, so that two stacks can be compared whatever the order.
    """
    yield from _walk(config.model_dump(mode="json"), type(config), (), (), carried=False)


def _walk(value: Any, kind: Any, path: KeyPath, place: KeyPath, *, carried: bool) -> Iterator[Setting]:
    """Yield the values below one."""
    if isinstance(value, dict) and value:
        model = _model(kind)
        carried = carried or (model is not None and _has_digest(model, depth=0))
        for key, item in value.items():
            field = _field(model, kind, key)
            carries = (carried and key not in _kept(model)) or key in _moved(model)
            is_entry = model is None and _has_digest(field)
            yield from _walk(item, field, (*path, key), (*place, key), carried=carries or is_entry)
    elif is_table(value):
        entry = _entry(kind)
        carried = carried or _has_digest(entry)
        for index, item in enumerate(value):
            yield from _walk(item, entry, (*path, item[NAME]), (*place, index), carried=carried)
    else:
        yield Setting(path, place, value, carried)


def is_table(value: Any) -> bool:
    """Whether a value is a list whose entries are told apart by their names."""
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        return False
    names = [item.get(NAME) for item in value]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)


def shown(path: KeyPath, place: KeyPath) -> str:
    """Write a path for people: `models[fraud-score].version`."""
    text = ""
    for part, position in zip(path, place, strict=True):
        text += f"[{part}]" if isinstance(position, int) else f".{part}" if text else str(part)
    return text


def _kept(model: type[BaseModel] | None) -> frozenset[str]:
    return getattr(model, "PER_ENVIRONMENT", frozenset())


def _moved(model: type[BaseModel] | None) -> frozenset[str]:
    return getattr(model, "RELEASED", frozenset())


def _model(kind: Any) -> type[BaseModel] | None:
    """Return the group that a type stands for, whatever is around it."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    if get_origin(kind) in (list, dict, tuple):
        return None
    return next((found for item in get_args(kind) if (found := _model(item)) is not None), None)


def _field(model: type[BaseModel] | None, kind: Any, key: str) -> Any:
    """Return the type of a group's field, or of a table's entries."""
    if model is None:
        return _entry(kind)
    field = model.model_fields.get(key)
    return field.annotation if field else None


def _entry(kind: Any) -> Any:
    """Return the type of a list's or mapping's entries."""
    if get_origin(kind) in (list, dict, tuple):
        return get_args(kind)[-1]
    return next((found for item in get_args(kind) if (found := _entry(item)) is not None), None)


def _has_digest(kind: Any, depth: int = 8) -> bool:
    """Whether a digest is among a type's fields, or below them as deep as is asked."""
    model = _model(kind)
    if model is None:
        entry = _entry(kind)
        return entry is not None and _has_digest(entry, depth)
    for field in model.model_fields.values():
        if _DIGEST_CHECK in field.metadata or _is_digest(field.annotation):
            return True
        if depth and _has_digest(field.annotation, depth - 1):
            return True
    return False


def _is_digest(kind: Any) -> bool:
    return _DIGEST_CHECK in getattr(kind, "__metadata__", ()) or (
        get_origin(kind) not in (list, dict, tuple) and any(_is_digest(item) for item in get_args(kind))
    )
