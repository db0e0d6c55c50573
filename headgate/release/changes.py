"""What a release would change in the next environment's stack. Compares settings; writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from headgate.errors import HeadgateError
from headgate.stack.document import KeyPath
from headgate.stack.load import LoadedStack
from headgate.stack.released import DIGEST, Setting, settings_of, shown


class Action(StrEnum):
    """What happens to a setting of the target."""

    SET = "set"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True)
class Change:
    """One change: `source` and `place` are where the value is in the source's, and goes in the target's settings.

    `review` names settings of a new entry that are an environment's own, and came from the source's all the same.
    """

    action: Action
    shown: str
    source: KeyPath
    place: KeyPath
    before: Any = None
    after: Any = None
    review: tuple[str, ...] = ()

    @property
    def digests(self) -> frozenset[str]:
        """Digests that the change brings."""
        return frozenset(digests_in(self.after))

    def as_json(self) -> dict[str, Any]:
        """Return the change for `--json`."""
        change = {"path": self.shown, "action": str(self.action), "before": self.before, "after": self.after}
        return {**change, "review": list(self.review)} if self.review else change


@dataclass(frozen=True)
class Comparison:
    """All changes, and the entries of the target that the source does not have."""

    changes: tuple[Change, ...]
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Stacks:
    """Both stacks' settings by path, and which entries were asked for."""

    source: LoadedStack
    target: LoadedStack
    only: frozenset[str]
    theirs: Mapping[KeyPath, Setting] = field(default_factory=dict)

    def asked(self, setting: Setting) -> bool:
        """Whether a setting is carried, and its entry is one of those asked for."""
        return setting.released and (not self.only or bool(self.only & entries_of(setting)))


def entries_of(setting: Setting) -> set[str]:
    """Return the names of the entries that a setting is in."""
    pairs = zip(setting.path, setting.place, strict=True)
    return {str(name) for name, position in pairs if isinstance(position, int)}


def compare(source: LoadedStack, target: LoadedStack, only: Collection[str] = (), *, prune: bool = False) -> Comparison:
    """Return what has to change in the target so that it has the source's release; `only` names some of its entries."""
    both = _Stacks(source, target, frozenset(only), {each.path: each for each in settings_of(target.config)})
    known = {name for stack in (source, target) for each in settings_of(stack.config) for name in entries_of(each)}
    if unknown := sorted(both.only - known):
        raise HeadgateError(
            f"neither stack has {', '.join(unknown)}",
            where=f"{source.name}, {target.name}",
            found=", ".join(unknown),
            expected=f"some of {', '.join(sorted(known)) or 'none: neither has entries'}",
            fix=f"headgate stack diff {source.name} {target.name} --release",
        )
    changes = list(_changes(both))
    alone = _only_in_target(both)
    kept = () if prune else tuple(shown(path, place) for path, place in alone)
    if prune:
        changes += [
            Change(Action.REMOVE, shown(path, place), (), place, before=_at(target.values, place))
            for path, place in reversed(alone)
        ]
    return Comparison(tuple(changes), kept)


def _changes(both: _Stacks) -> Iterator[Change]:
    """Yield settings to write, then entries to add."""
    added: dict[KeyPath, Change] = {}
    for setting in settings_of(both.source.config):
        if not both.asked(setting):
            continue
        missing = _missing_entry(setting, both)
        if missing is not None:
            added.setdefault(missing.source, missing)
            continue
        there = both.theirs.get(setting.path)
        if there is None or there.value != setting.value:
            place = there.place if there else _place(setting.path, setting.place, both.theirs)
            yield Change(
                Action.SET,
                shown(setting.path, setting.place),
                setting.place,
                place,
                before=there.value if there else None,
                after=setting.value,
            )
    yield from added.values()


def _missing_entry(setting: Setting, both: _Stacks) -> Change | None:
    """Return the addition of the outermost entry around a setting that the target does not have."""
    for size, position in enumerate(setting.place, start=1):
        if not isinstance(position, int) or setting.path[size - 1] == position:
            continue
        path, place = setting.path[:size], setting.place[:size]
        if not any(each[:size] == path for each in both.theirs):
            table = _place(path[:-1], place[:-1], both.theirs)
            review = _own_to_environment(both.source, path)
            return Change(Action.ADD, shown(path, place), place, table, None, _at(both.source.values, place), review)
    return None


def _own_to_environment(stack: LoadedStack, entry: KeyPath) -> tuple[str, ...]:
    """Return the settings of an entry that no release carries, as far as they are written down."""
    return tuple(
        f"{shown(each.path, each.place)} = {each.value}"
        for each in settings_of(stack.config)
        if each.path[: len(entry)] == entry and not each.released and each.place in stack.origins
    )


def _only_in_target(both: _Stacks) -> list[tuple[KeyPath, KeyPath]]:
    """Return the outermost released entries of the target that the source does not have."""
    ours = {each.path for each in settings_of(both.source.config)}
    found: dict[KeyPath, KeyPath] = {}
    for setting in both.theirs.values():
        if not both.asked(setting):
            continue
        for size, position in enumerate(setting.place, start=1):
            if isinstance(position, int) and not any(each[:size] == setting.path[:size] for each in ours):
                found.setdefault(setting.path[:size], setting.place[:size])
                break
    return list(found.items())


def _place(path: KeyPath, place: KeyPath, theirs: Mapping[KeyPath, Setting]) -> KeyPath:
    """Return where a path is in the target: its entries may stand at other positions there."""
    for size in range(len(path), 0, -1):
        for each in theirs.values():
            if each.path[:size] == path[:size]:
                return (*each.place[:size], *place[size:])
    return place


def _at(value: Any, path: KeyPath) -> Any:
    """Return a value as it is written."""
    for part in path:
        value = value[part]
    return value


def digests_in(value: Any) -> Iterator[str]:
    """Yield every digest in a value, at any depth, also those that end an image's reference."""
    if isinstance(value, str):
        yield from DIGEST.findall(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from digests_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from digests_in(item)
