"""What of a decision a change to the stack's own file would mend, and the file after it.

The rule says which value a property must have, and its METADATA which settings may have become the property. Owns
finding the one that did, and that the changed file is a stack that loads. Guesses nothing: a finding whose setting
can't be told is left to a person, with the reason. Writes no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from headgate.gate.origin import Place, places
from headgate.policy.decision import Decision, Outcome, Result, Violation
from headgate.stack.document import KeyPath
from headgate.stack.edit import StackText
from headgate.stack.faults import dotted
from headgate.stack.load import LoadedStack
from headgate.stack.rewrite import StackFile
from headgate.stack.snippet import Snippet
from headgate.stack.trial import validated
from headgate.stack.written import PROJECT

_PLACE = re.compile(r"\[[0-9]+\]")
_UNSAID = "what to write does not follow from the rule alone"


@dataclass(frozen=True)
class Edit:
    """One setting, the value that it gets, and the findings that this mends; `line` is None for one that is added."""

    setting: KeyPath
    before: Any
    after: Any
    line: int | None
    mends: tuple[tuple[str, str, str], ...]
    """Rule, resource and property of each."""

    def as_json(self) -> dict[str, Any]:
        """Return the edit for a program."""
        return {
            "setting": dotted(self.setting),
            "path": list(self.setting),
            "line": self.line,
            "before": self.before,
            "after": self.after,
            "mends": [dict(zip(("rule", "resource", "property"), each, strict=True)) for each in self.mends],
        }


@dataclass(frozen=True)
class ByHand:
    """A finding that no edit mends, and why."""

    rule: str
    resource: str
    why: str

    def as_json(self) -> dict[str, str]:
        """Return the finding for a program."""
        return {"rule": self.rule, "resource": self.resource, "why": self.why}


@dataclass(frozen=True)
class Mending:
    """A stack's file, what it would say, and what stays to be done by hand."""

    file: StackFile
    after: str
    edits: tuple[Edit, ...]
    by_hand: tuple[ByHand, ...]

    @property
    def patch(self) -> str:
        """Return the change as a unified diff; empty where there is none."""
        return self.file.patch(self.after)

    def left(self, decision: Decision) -> tuple[tuple[str, str, str], ...]:
        """Return what a later decision still finds of all that the edits were to mend."""
        open_now = {(result.rule.id, result.resource.id, violation.property) for result, violation in _open(decision)}
        return tuple(pair for edit in self.edits for pair in edit.mends if pair in open_now)

    def as_json(self) -> dict[str, Any]:
        """Return the change for a program."""
        return {
            "file": self.file.shown,
            "edits": [each.as_json() for each in self.edits],
            "by_hand": [each.as_json() for each in self.by_hand],
            "patch": self.patch,
        }


@dataclass(frozen=True)
class _Wish:
    """A setting that a finding wants at a value."""

    mends: tuple[str, str, str]
    place: Place
    to: Any


def mending(decision: Decision, stack: LoadedStack, file: StackFile, stacks: Path) -> Mending:
    """Return what would mend the findings of a stack that this file is of."""
    wishes: list[_Wish] = []
    by_hand: list[ByHand] = []
    for result, violation in _open(decision):
        found = _wish(result, violation, stack)
        if isinstance(found, _Wish):
            wishes.append(found)
        else:
            by_hand.append(ByHand(result.rule.id, result.resource.id, found))
    text = StackText(file.shown, file.text)
    edits, refused = _agreed(wishes, text, _section(stack))
    after, made, more = _made(text, edits, stack, stacks)
    unique = tuple(dict.fromkeys([*by_hand, *refused, *more]))
    return Mending(file, after.text, tuple(made), unique)


def _open(decision: Decision) -> Iterator[tuple[Result, Violation]]:
    """Yield what is certainly wrong, and neither waived nor known before."""
    for result in decision.findings:
        if result.outcome is Outcome.FAIL:
            yield from ((result, each) for each in result.violations if not each.known)


def _wish(result: Result, violation: Violation, stack: LoadedStack) -> _Wish | str:
    """Return the setting that a finding is to be mended by, or why there is none."""
    rule = result.rule
    if not rule.fixes:
        return rule.by_hand or _UNSAID
    names = violation.property, _PLACE.sub("[*]", violation.property)
    settings = next((fix.settings for fix in rule.fixes if fix.property in names), None)
    if settings is None or violation.fix is None:
        return _UNSAID
    found = places(stack.config.model_dump(mode="json"), settings, result.resource, violation.path)
    if len(found) == 1:
        return _Wish((rule.id, result.resource.id, violation.property), found[0], violation.fix)
    if not found:
        return f"no setting of the stack has the value of `{violation.property}`"
    return f"more than one setting may be `{violation.property}`: {', '.join(dotted(each.path) for each in found)}"


def _section(stack: LoadedStack) -> KeyPath:
    return "config", f"{PROJECT}:{stack.name.section}"


def _agreed(wishes: list[_Wish], text: StackText, section: KeyPath) -> tuple[list[Edit], list[ByHand]]:
    """Return one edit for each setting; where two findings want different values of it, neither gets its own."""
    by_setting: dict[KeyPath, list[_Wish]] = {}
    for wish in wishes:
        by_setting.setdefault(wish.place.path, []).append(wish)
    edits, refused = [], []
    lines = text.document.lines
    for setting, same in by_setting.items():
        if any(each.to != same[0].to for each in same):
            why = f"its rules want different values of `{dotted(setting)}`"
            refused += [ByHand(*each.mends[:2], why) for each in same]
            continue
        mends = tuple(dict.fromkeys(each.mends for each in same))
        edits.append(Edit(setting, same[0].place.value, same[0].to, lines.get((*section, *setting)), mends))
    return edits, refused


def _made(
    text: StackText, edits: list[Edit], stack: LoadedStack, stacks: Path
) -> tuple[StackText, list[Edit], list[ByHand]]:
    """Return the changed text: with all edits where the stack takes them, else with those that it takes one by one."""
    try:
        return _checked(text, edits, stack, stacks), edits, []
    except HeadgateError:
        pass
    made: list[Edit] = []
    refused: list[ByHand] = []
    changed = text
    for edit in edits:
        try:
            changed = _checked(changed, [edit], stack, stacks)
            made.append(edit)
        except HeadgateError as error:
            why = f"the stack does not take `{dotted(edit.setting)}: {edit.after}`: {error.what}"
            refused += [ByHand(*each[:2], why) for each in edit.mends]
    return changed, made, refused


def _checked(text: StackText, edits: list[Edit], stack: LoadedStack, stacks: Path) -> StackText:
    """Make edits, and load the stack as it would be."""
    for edit in edits:
        text = text.set((*_section(stack), *edit.setting), Snippet.of(edit.after))
    if edits:
        validated(stacks, stack.name, text.text)
    return text
