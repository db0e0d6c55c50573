"""The catalogue of rules, read from the METADATA that stands above each rule's package.

The Rego file is the only place where a rule is described; reports, pages and the decision itself take it from here.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate import yaml_text
from headgate.errors import HeadgateError

GATES = ("P", "U", "A")
SCOPES = ("object", "relation")
# What ids of a category are called: HG-<…>-<number>. The same as in policies/rego/checks.
CATEGORIES = {
    "supply_chain": "SC",
    "approval": "AP",
    "audit": "AU",
    "serving": "SV",
    "monitoring": "MO",
    "resilience": "RE",
    "residency": "RS",
    "identity": "ID",
    "network": "NW",
    "data": "DA",
    "tenancy": "TN",
    "cost": "CO",
}
# Of an index: what is judged by every rule, and what no rule names.
EVERYTHING = "?"
ANYTHING_ELSE = "*"
_OF_KUBERNETES = "kubernetes:*"
_OPERATIONS = ("create", "update", "replace", "same", "connect", "unknown")
_PACKAGE = re.compile(r"^package rules\.([a-z0-9_]+)\.([a-z0-9_]+)$")


@dataclass(frozen=True)
class Fix:
    """Which settings of a stack's YAML may have become a property; `*` stands for an entry, a name or a place."""

    property: str
    settings: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """One rule, as its METADATA describes it."""

    id: str
    title: str
    description: str
    category: str
    name: str
    severity: str
    gates: tuple[str, ...]
    scope: str
    controls: tuple[str, ...]
    remediation: str
    since: str
    deferrable: bool
    operations: tuple[str, ...]
    types: tuple[str, ...]
    file: Path
    facts: bool = False
    """Whether it judges by nothing but what a registry knows: a gate that is told of none is not asked for it."""
    before: bool = False
    """Whether it compares with what was before: the update gate is told of no old state, and reads it for this one."""
    fixes: tuple[Fix, ...] = ()
    by_hand: str = ""
    """Why `headgate check --fix` writes nothing for it."""

    @property
    def page(self) -> str:
        """Return the path of the rule's page."""
        return f"docs/rules/{self.id}.md"

    def as_data(self) -> dict[str, Any]:
        """Return what the decision in Rego needs to know."""
        return {
            "id": self.id,
            "category": self.category,
            "name": self.name,
            "scope": self.scope,
            "since": self.since,
            "deferrable": self.deferrable,
            "operations": list(self.operations),
        }


def read(rego: Path) -> tuple[Rule, ...]:
    """Return every rule of a bundle root, by id. No rule at all is an error: it would judge nothing."""
    files = sorted(path for path in rego.glob("rules/*/*/*.rego") if not path.stem.endswith("_test"))
    rules = sorted((_rule(path) for path in files), key=lambda rule: rule.id)
    if not rules:
        raise HeadgateError(
            "the rule set is empty, so nothing was judged",
            where=str(rego),
            found="no file under rules/<category>/<rule>/",
            expected="at least one rule",
            fix="check out policies/ whole, or name another bundle with --policies",
        )
    ids = [rule.id for rule in rules]
    if len(ids) != len(set(ids)):
        twice = next(item for item in ids if ids.count(item) > 1)
        raise HeadgateError("two rules have one id", where=str(rego), found=twice, expected="an id for each rule")
    return tuple(rules)


def for_gate(rules: tuple[Rule, ...], gate: str, scope: str | None = None) -> list[Rule]:
    """Return the rules that can judge at a gate, or those of one scope: admission sees one object, so no relations."""
    able = [rule for rule in rules if gate in rule.gates and (gate != "A" or rule.scope == "object")]
    return [rule for rule in able if scope in (None, rule.scope)]


def index(rules: list[Rule]) -> list[dict[str, Any]]:
    """Return which of a gate's rules judge a type of resource, as positions in the list that was given.

    With it the decision asks few rules of each resource. What can't be told apart is asked of every rule. Operations
    that the same rules judge share one entry.
    """
    judging = [(place, rule) for place, rule in enumerate(rules) if rule.scope == "object"]
    operations: dict[tuple[int, ...], list[str]] = {}
    for each in sorted({operation for _, rule in judging for operation in rule.operations}):
        places = tuple(place for place, rule in judging if each in rule.operations)
        operations.setdefault(places, []).append(each)
    return [{"operations": names, "types": _by_type(rules, places)} for places, names in operations.items()]


def _by_type(rules: list[Rule], places: tuple[int, ...]) -> dict[str, list[int]]:
    keys = sorted({key for place in places for key in rules[place].types} | {ANYTHING_ELSE, _OF_KUBERNETES})
    found = {key: [place for place in places if _judges(rules[place], key)] for key in keys}
    return found | {EVERYTHING: list(places)}


def _judges(rule: Rule, key: str) -> bool:
    general = {ANYTHING_ELSE, _OF_KUBERNETES} if key.startswith("kubernetes:") else {ANYTHING_ELSE}
    return bool({key, *general} & set(rule.types))


def _rule(path: Path) -> Rule:
    lines = path.read_text(encoding="utf-8").splitlines()
    metadata, package = _block(lines)
    found = _PACKAGE.match(package)
    category, name = path.parts[-3:-1]
    if not found or found.groups() != (category, name) or not isinstance(metadata, dict):
        raise _broken(path, package or "no METADATA", f"METADATA, then `package rules.{category}.{name}`")
    try:
        custom = metadata["custom"]
        return Rule(
            id=custom["id"],
            title=metadata["title"],
            description=metadata["description"].strip(),
            category=category,
            name=name,
            severity=custom["severity"],
            gates=tuple(custom["gates"]),
            scope=custom["scope"],
            controls=tuple(custom["controls"]),
            remediation=custom["remediation"].strip(),
            since=_date(custom["since"]),
            deferrable=custom["deferrable"] is True,
            operations=tuple(custom.get("operations", _OPERATIONS)),
            types=tuple(custom.get("types", (ANYTHING_ELSE,))),
            file=path,
            facts=custom.get("facts", False) is True,
            before=custom.get("before", False) is True,
            fixes=_fixes(custom.get("fix")),
            by_hand=_by_hand(custom.get("fix")),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _broken(path, f"METADATA with {error!r}", "every field that policies/rego/checks asks for") from error


def _fixes(found: Any) -> tuple[Fix, ...]:
    """Read the settings by property; a text says why there are none."""
    if found is None or isinstance(found, str):
        return ()
    return tuple(Fix(str(property_), tuple(map(str, settings))) for property_, settings in found.items())


def _by_hand(found: Any) -> str:
    return found.strip() if isinstance(found, str) else ""


def _block(lines: list[str]) -> tuple[Any, str]:
    """Return the METADATA of the package, and the package's line."""
    block: list[str] = []
    for line in lines:
        if line.startswith("package "):
            text = "\n".join(block)
            return (yaml_text.load(text) if text else None), line.strip()
        if line.strip() == "# METADATA":
            block = []
        elif line.startswith("#"):
            block.append(line[2:])
    return None, ""


def _date(value: Any) -> str:
    return (value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)).isoformat()


def _broken(path: Path, found: str, expected: str) -> HeadgateError:
    return HeadgateError(
        "a rule's METADATA can't be read, so nothing was judged",
        where=str(path),
        found=found,
        expected=expected,
        fix="`headgate policy test` says what is missing",
    )
