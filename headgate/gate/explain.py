"""Why a rule decided as it did on one resource: the rule, its parameters, and the values that it saw.

Owns the account of one decision. Judges nothing anew: a rule that says nothing of a resource is told apart from one
that was never asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headgate.errors import HeadgateError
from headgate.plan.view import Resource, View
from headgate.policy.bundle import Bundle
from headgate.policy.catalogue import Rule
from headgate.policy.decision import Decision, Outcome, Result

_PARAMETER = re.compile(r"input\.parameters\.([a-z_]+)")
_MOST = 400


@dataclass(frozen=True)
class Account:
    """One rule on one resource: what came of it, and from what."""

    rule: Rule
    resource: Resource
    result: Result | None
    parameters: Mapping[str, Any]
    gate: str

    @property
    def why_not(self) -> str:
        """Return why a rule had nothing to say."""
        operation = str(self.resource.operation)
        if self.gate not in self.rule.gates:
            return f"the rule judges at {', '.join(self.rule.gates)}, and this is gate {self.gate}"
        if operation not in self.rule.operations:
            return f"the rule judges {', '.join(self.rule.operations)}, and this is {operation}"
        return "the rule is not about this resource"

    def lines(self) -> Iterator[str]:
        """Yield the account for a person."""
        yield f"{self.rule.id} {self.rule.title}"
        yield from (f"  {line}" for line in self.rule.description.splitlines())
        yield f"on {self.resource.id} ({self.resource.operation})"
        if self.result is None:
            yield f"  not applicable: {self.why_not}"
            return
        stops = "stops the change" if self.result.blocking else "does not stop the change"
        level = "" if self.result.outcome is Outcome.PASS else f", level {self.result.level}: {stops}"
        yield f"  {self.result.outcome}{level}"
        for each in self.result.violations:
            yield f"  {each.source or self.resource.id}: {each.message}"
            yield f"    {each.property or 'value'} = {shown(value_at(self.resource.properties, each.path))}"
            yield f"    write: {each.expected}"
        for name, value in self.parameters.items():
            yield f"  parameter {name} = {shown(value)}"
        yield f"  page: {self.rule.page}"

    def as_json(self) -> dict[str, Any]:
        """Return the account for a program."""
        found = self.result.as_json() if self.result else {"outcome": str(Outcome.NOT_APPLICABLE), "why": self.why_not}
        violations = self.result.violations if self.result else ()
        return {
            "rule": self.rule.id,
            "title": self.rule.title,
            "description": self.rule.description,
            "resource": self.resource.id,
            "operation": str(self.resource.operation),
            "parameters": dict(self.parameters),
            "values": [value_at(self.resource.properties, each.path) for each in violations],
            "result": found,
        }


def account(bundle: Bundle, decision: Decision, view: View, rule_id: str, name: str) -> list[Account]:
    """Return the account of a rule on every resource of a name: an id, or what a person calls it."""
    rule = next((each for each in bundle.rules if each.id == rule_id.upper()), None)
    if rule is None:
        raise HeadgateError(
            "there is no such rule",
            found=rule_id,
            expected=", ".join(each.id for each in bundle.rules),
            fix="`headgate policy list`",
        )
    resources = [each for each in view.resources if name in (each.id, each.name)]
    if not resources:
        near = sorted({each.name for each in view.resources if name.lower() in each.id.lower()})[:10]
        raise HeadgateError(
            "there is no such resource",
            where=view.origin,
            found=name,
            expected=", ".join(near) or "a name or an id of the plan",
            fix="`headgate check … --format json` lists what was found, with ids",
        )
    given = _parameters(bundle, decision.environment, rule)
    by_id = {(each.resource.id, each.resource.operation): each for each in decision.results if each.rule == rule}
    return [Account(rule, each, by_id.get((each.id, each.operation)), given, decision.gate) for each in resources]


def _parameters(bundle: Bundle, environment: str, rule: Rule) -> dict[str, Any]:
    """Return the parameters that a rule's text names, as its environment has them."""
    named = set(_PARAMETER.findall(rule.file.read_text(encoding="utf-8")))
    base, own = bundle.parameters["base"], bundle.parameters[environment]
    return {name: _laid_over(base.get(name), own.get(name)) for name in sorted(named)}


def _laid_over(base: Any, own: Any) -> Any:
    """Lay one value over another as the decision in Rego does."""
    if isinstance(base, dict) and isinstance(own, dict):
        return {key: _laid_over(base.get(key), own.get(key)) for key in {**base, **own}}
    return base if own is None else own


def value_at(value: Any, path: tuple[str | int, ...]) -> Any:
    """Return the value of a property; None where there is none."""
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def shown(value: Any) -> str:
    """Write a value on one line, a long one cut."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST else f"{text[:_MOST]}… ({len(text):,} characters)"
