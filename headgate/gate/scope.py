"""By which rules of the bundle a check judges: all, those that were named, or a collection.

A collection is data of the bundle, `policies/collections/<name>.yaml`: rules by id, category, severity or control. What
selects no rule is an error: it would judge nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from headgate.errors import HeadgateError
from headgate.policy.bundle import Bundle
from headgate.policy.catalogue import Rule
from headgate.policy.decision import Decision

_FOLDER = "collections"
_KEYS = ("title", "rules", "categories", "severities", "controls")


@dataclass(frozen=True)
class Scope:
    """Ids of the rules that count; None for all of the gate."""

    rules: frozenset[str] | None = None

    def of(self, decision: Decision) -> Decision:
        """Return the decision by the rules that count."""
        if self.rules is None:
            return decision
        rules = tuple(rule for rule in decision.rules if rule.id in self.rules)
        if not rules:
            raise HeadgateError(
                "none of the rules that were chosen judges at this gate, so nothing was judged",
                found=", ".join(sorted(self.rules)),
                expected=f"rules of gate {decision.gate}: {', '.join(rule.id for rule in decision.rules)}",
                fix="leave --only and --collection out, or name one of these",
            )
        kept = tuple(result for result in decision.results if result.rule.id in self.rules)
        return replace(decision, rules=rules, results=kept)


WHOLE = Scope()


def chosen(bundle: Bundle, only: Iterable[str] = (), collection: str | None = None) -> Scope:
    """Return the scope that was asked for; with both, a rule has to be in both."""
    known = {rule.id for rule in bundle.rules}
    wanted = {name.upper() for name in only}
    if unknown := sorted(wanted - known):
        raise HeadgateError(
            "there is no such rule, so nothing was judged",
            found=", ".join(unknown),
            expected=", ".join(sorted(known)),
            fix="`headgate policy list`",
        )
    if collection is None:
        return Scope(frozenset(wanted)) if wanted else WHOLE
    named = _collection(bundle, collection)
    members = frozenset(rule.id for rule in bundle.rules if _belongs(rule, named))
    both = members & wanted if wanted else members
    if not both:
        raise HeadgateError(
            "no rule is in the collection, so nothing was judged",
            where=str(_file(bundle, collection)),
            found=", ".join(sorted(wanted)) or "a collection that names no rule of this bundle",
            expected=f"one of {', '.join(sorted(members or known))}",
            fix="correct the collection, or leave it out",
        )
    return Scope(both)


def collections(bundle: Bundle) -> dict[str, str]:
    """Return the title of each collection, by name."""
    names = sorted(path.stem for path in (bundle.root / _FOLDER).glob("*.yaml"))
    return {name: str(_collection(bundle, name)["title"]) for name in names}


def _file(bundle: Bundle, name: str) -> Path:
    return bundle.root / _FOLDER / f"{name}.yaml"


def _collection(bundle: Bundle, name: str) -> dict[str, Any]:
    names = sorted(path.stem for path in (bundle.root / _FOLDER).glob("*.yaml"))
    path = _file(bundle, name)
    if name not in names:
        raise HeadgateError(
            "there is no such collection of rules, so nothing was judged",
            where=str(bundle.root / _FOLDER),
            found=name,
            expected=", ".join(names) or "a file there",
            fix="name one of them with --collection",
        )
    try:
        value: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise _unreadable(path, str(error)) from error
    fits = isinstance(value, dict) and isinstance(value.get("title"), str) and set(value) <= set(_KEYS)
    if not fits or not all(isinstance(value.get(key, []), list) for key in _KEYS[1:]):
        raise _unreadable(path, ", ".join(map(str, value)) if isinstance(value, dict) else type(value).__name__)
    return dict(value)


def _unreadable(path: Path, found: str) -> HeadgateError:
    return HeadgateError(
        "the collection can't be read, so nothing was judged",
        where=str(path),
        found=found,
        expected=f"title, and lists: {', '.join(_KEYS[1:])}",
        fix="correct the file",
    )


def _belongs(rule: Rule, collection: dict[str, Any]) -> bool:
    return (
        rule.id in collection.get("rules", [])
        or rule.category in collection.get("categories", [])
        or rule.severity in collection.get("severities", [])
        or any(control.startswith(each) for control in rule.controls for each in collection.get("controls", []))
    )
