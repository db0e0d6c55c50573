"""Writes a release into the next environment's stack file: as text, checked as a stack, and only then to disk."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from headgate.release.changes import Action, Change, Comparison, compare
from headgate.stack.document import KeyPath
from headgate.stack.edit import StackText
from headgate.stack.identity import PROMOTION, Environment, StackName
from headgate.stack.load import LoadedStack, load_stack
from headgate.stack.rewrite import StackFile
from headgate.stack.snippet import Snippet
from headgate.stack.trial import validated
from headgate.stack.written import PROJECT


@dataclass(frozen=True)
class Promotion:
    """A release on its way: what changes in which file, and the file before and after."""

    source: StackName
    target: StackName
    path: Path
    file: str
    comparison: Comparison
    before: str
    after: str

    @property
    def changes(self) -> tuple[Change, ...]:
        """What changes."""
        return self.comparison.changes

    @property
    def digests(self) -> dict[str, str]:
        """Digests that the target gets, and the setting that brings each."""
        return {digest: change.shown for change in self.changes for digest in sorted(change.digests)}

    @property
    def diff(self) -> str:
        """The change as a unified diff, as a pull request shows it."""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), f"a/{self.file}", f"b/{self.file}", lineterm=""
        )
        return "\n".join(lines)

    def write(self) -> None:
        """Replace the file, whole or not at all, its mode kept; refuse where somebody changed it meanwhile."""
        StackFile(self.path, self.file, self.before).write(self.after)


def route(owner: str, source: str, target: str) -> tuple[StackName, StackName]:
    """Return both stacks' names; a release takes every step of the way, in order."""
    names = StackName.parse(f"{owner}-{source}"), StackName.parse(f"{owner}-{target}")
    way = " → ".join(PROMOTION)
    outside = [name.environment for name in names if name.environment not in PROMOTION]
    if outside:
        raise HeadgateError(
            f"{outside[0]} is not on the way of a release",
            found=f"{source} → {target}",
            expected=way,
            fix=f"headgate release promote {owner} {Environment.DEV} {Environment.STAGING}",
        )
    if names[1].proven_by != names[0]:
        first = PROMOTION.index(names[0].environment)
        step = PROMOTION[first : first + 2] if source != PROMOTION[-1] else PROMOTION[-2:]
        raise HeadgateError(
            f"a release does not go from {source} to {target}",
            found=f"{source} → {target}",
            expected=f"{way}, one step at a time",
            fix=f"headgate release promote {owner} {' '.join(step)}",
        )
    return names


def promotion(
    source: StackName, target: StackName, stacks: Path, only: Collection[str] = (), *, prune: bool = False
) -> Promotion:
    """Work out a promotion, and check the file that it would leave. Writes nothing."""
    path = stacks / target.file_name
    if not path.is_file() and (stacks / source.file_name).is_file():
        raise _no_target(source, target, stacks)
    ours, theirs = load_stack(source, stacks), load_stack(target, stacks)
    comparison = compare(ours, theirs, only, prune=prune)
    file = f"{stacks.name}/{target.file_name}"
    before = StackText(file, StackFile.read(target, stacks).text)
    after = before
    for change in comparison.changes:
        after = _apply(after, change, ours, stacks)
    found = Promotion(source, target, path, file, comparison, before.text, after.text)
    if found.changes:
        _check(found, ours, stacks, only, prune=prune)
    return found


def _apply(text: StackText, change: Change, source: LoadedStack, stacks: Path) -> StackText:
    """Make one change."""
    section: KeyPath = ("config", f"{PROJECT}:{source.name.section}")
    place = (*section, *change.place)
    if change.action is Action.REMOVE:
        return text.remove(place)
    if change.after is None and text.holds(place):
        return text.remove(place)
    snippet = _snippet(change, source, section, stacks)
    if change.action is Action.ADD and text.holds(place):
        return text.append(place, snippet)
    if change.action is Action.ADD:
        return text.set(place, snippet.in_list())
    return text.set(place, snippet)


def _snippet(change: Change, source: LoadedStack, section: KeyPath, stacks: Path) -> Snippet:
    """Return a value as the source's own file writes it, where it does, comments included."""
    path = stacks / source.name.file_name
    text = StackText(path.name, path.read_text(encoding="utf-8"))
    place = (*section, *change.source)
    if text.holds(place):
        return text.snippet(place)
    value: Any = source.values
    for part in change.source:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return Snippet.of(change.after)
    return Snippet.of(value)


def _check(found: Promotion, ours: LoadedStack, stacks: Path, only: Collection[str], *, prune: bool) -> None:
    """Load the stacks as they would be: valid, and with nothing of the release left to carry."""
    left = compare(ours, validated(stacks, found.target, found.after), only, prune=prune)
    if left.changes:
        raise HeadgateError(
            "the release can't be carried whole",
            where=found.file,
            found=", ".join(change.shown for change in left.changes),
            expected=f"the values of {found.source}",
            fix="set these by hand, then run this again",
        )


def _no_target(source: StackName, target: StackName, stacks: Path) -> HeadgateError:
    return HeadgateError(
        f"{source.owner} has no stack in {target.environment} yet",
        where=f"{stacks.name}/{target.file_name}",
        found="no such file",
        expected="the stack that the release goes to",
        fix=f"headgate stack new {target} --from {source}",
    )
