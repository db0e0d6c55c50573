"""What differs between two stacks' settings, as they are after all layers: each value, and the line that set it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from headgate.errors import HeadgateError
from headgate.stack.explain import SCHEMA
from headgate.stack.faults import dotted
from headgate.stack.load import LoadedStack
from headgate.stack.released import Setting, settings_of, shown


@dataclass(frozen=True)
class Side:
    """A value in one of the two stacks: its path as `headgate stack explain` takes it, and the place that set it."""

    value: Any
    path: str
    origin: str

    def as_json(self) -> dict[str, Any]:
        """Return the side for `--json`."""
        return {"value": self.value, "path": self.path, "origin": self.origin}


@dataclass(frozen=True)
class Difference:
    """A setting that is not the same in both. A side is None where the stack has no such entry at all."""

    path: str
    released: bool
    left: Side | None
    right: Side | None

    def as_json(self) -> dict[str, Any]:
        """Return the difference for `--json`."""
        return {
            "path": self.path,
            "carried_by_release": self.released,
            "left": self.left.as_json() if self.left else None,
            "right": self.right.as_json() if self.right else None,
        }


def differences(left: LoadedStack, right: LoadedStack) -> list[Difference]:
    """Return what differs, in the order of the schema. Entries of lists are compared by their names, not positions."""
    if left.name.is_platform != right.name.is_platform:
        raise HeadgateError(
            "a platform and a team have no settings in common",
            found=f"{left.name} and {right.name}",
            expected="two platform stacks, or two teams' stacks",
            fix=f"headgate stack diff {left.name} {left.name.owner}-{right.name.environment}",
        )
    ours, theirs = _by_path(left), _by_path(right)
    return list(_compared(left, right, ours, theirs))


def _by_path(stack: LoadedStack) -> dict[tuple[str | int, ...], Setting]:
    return {setting.path: setting for setting in settings_of(stack.config)}


def _compared(
    left: LoadedStack,
    right: LoadedStack,
    ours: dict[tuple[str | int, ...], Setting],
    theirs: dict[tuple[str | int, ...], Setting],
) -> Iterator[Difference]:
    """Yield what differs; what only the right side has comes after its neighbours of the left."""
    for path in _merged(list(ours), list(theirs)):
        one, other = ours.get(path), theirs.get(path)
        if one is not None and other is not None and one.value == other.value:
            continue
        either = one or other
        # `models: []` beside a model: the model's own settings say what differs.
        is_nothing = either is not None and either.value in (None, [], {}) and None in (one, other)
        if either is not None and not is_nothing:
            yield Difference(shown(either.path, either.place), either.released, _side(left, one), _side(right, other))


def _merged(ours: list[tuple[str | int, ...]], theirs: list[tuple[str | int, ...]]) -> Iterator[tuple[str | int, ...]]:
    """Yield each path once; groups stay together, in the order in which either side has them."""
    known = set(ours)
    waiting: dict[tuple[str | int, ...], list[tuple[str | int, ...]]] = {}
    before: tuple[str | int, ...] = ()
    for path in theirs:
        if path in known:
            before = path
        else:
            waiting.setdefault(before, []).append(path)
    yield from waiting.get((), ())
    for path in ours:
        yield path
        yield from waiting.get(path, ())


def _side(stack: LoadedStack, setting: Setting | None) -> Side | None:
    """Return a value with its place."""
    if setting is None:
        return None
    origin = stack.origins.get(setting.place)
    return Side(setting.value, dotted(setting.place), str(origin) if origin else SCHEMA)
