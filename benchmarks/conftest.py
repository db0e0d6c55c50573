"""Headgate's rules as conftest's users have theirs: a namespace for each, that finds its resources by itself.

Owns what conftest is given and how its findings are read. The rules' own files are the same for both; what walks over
resources, waives and finds rules by type is Headgate's, and conftest has no such thing: `LENT` gives it that, too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from headgate.policy.bundle import Bundle
from headgate.policy.catalogue import ANYTHING_ELSE, Rule, for_gate
from headgate.policy.opa import write
from headgate.sandbox.toolchain import tool_path

GATE = "P"
Findings = frozenset[tuple[str, str]]
_NAMESPACE = """package bench.{namespace}

_parameters := object.union(data.parameters.base, data.parameters[input.environment])

_told(index, violation) := {{"msg": violation.msg, "rule": "{id}", "resource": input.resources[index].id}}

"""
_OF_OBJECTS = """deny contains _told(index, violation) if {{
	some index, resource in input.resources
	resource.operation in {operations}
	_judges(resource)
	some violation in data.rules.{category}.{name}.violation with input as {{
		"gate": input.gate, "phase": input.phase, "environment": input.environment,
		"parameters": _parameters, "facts": {{}}, "resource": resource,
	}}
}}
"""
_OF_TYPES = """_judges(resource) if sprintf("kubernetes:%s", [trim_suffix(resource.kind, "Patch")]) in {types}

_judges(resource) if sprintf("%s:*", [resource.provider]) in {types}

_judges(resource) if regex.replace(resource.type, `/v[0-9a-z]+:`, ":") in {types}

"""
_OF_ANY_TYPE = """_judges(_) := true

"""
_OF_RELATIONS = """deny contains _told(violation.details.resource, violation) if {{
	some violation in data.rules.{category}.{name}.violation with input as object.union(
		input, {{"parameters": _parameters, "facts": {{}}}},
	)
}}
"""
# The decision that the gates ask for, in conftest's words.
_LENT = """package bench

deny contains msg if {
	some result in data.main.decision.results
	result.blocking != false
	msg := sprintf("%s %v", [result.rule, result.resource])
}

deny contains msg if some msg in data.main.decision.errors
"""


def own(bundle: Bundle, folder: Path, run: Path) -> list[str]:
    """Write the rules as conftest's users have them, and return the command that judges a run by them."""
    rules = for_gate(bundle.rules, GATE)
    write(bundle, folder)
    for rule in rules:
        (folder / f"{_namespace(rule)}.rego").write_text(_text(rule), encoding="utf-8")
    return _command(folder, run, [f"bench.{_namespace(rule)}" for rule in rules])


def lent(bundle: Bundle, folder: Path, run: Path) -> list[str]:
    """Write the rules and what Headgate finds them by, and return the command that judges a run by one question."""
    write(bundle, folder)
    (folder / "bench.rego").write_text(_LENT, encoding="utf-8")
    return _command(folder, run, ["bench"])


def findings(printed: str) -> Findings:
    """Return which rule found something on which resource, of what `own` printed."""
    failures = [failure for each in json.loads(printed) for failure in each.get("failures", ())]
    return frozenset((each["metadata"]["rule"], each["metadata"]["resource"]) for each in failures)


def _command(folder: Path, run: Path, namespaces: Sequence[str]) -> list[str]:
    asked = [word for each in namespaces for word in ("--namespace", each)]
    data = ["--policy", str(folder), "--data", str(folder / "data.json")]
    return [str(tool_path("conftest")), "test", str(run), *data, *asked, "--output", "json"]


def _namespace(rule: Rule) -> str:
    return rule.id.lower().replace("-", "_")


def _text(rule: Rule) -> str:
    given = {
        "namespace": _namespace(rule),
        "category": rule.category,
        "name": rule.name,
        "id": rule.id,
        "operations": json.dumps(list(rule.operations)),
        "types": json.dumps(list(rule.types)),
    }
    if rule.scope == "relation":
        parts = [_NAMESPACE, _OF_RELATIONS]
    else:
        parts = [_NAMESPACE, _OF_ANY_TYPE if ANYTHING_ELSE in rule.types else _OF_TYPES, _OF_OBJECTS]
    return "".join(parts).format(**given)
