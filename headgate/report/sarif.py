"""The decision as SARIF 2.1.0, for code scanning: rules, locations, and fingerprints that survive moved lines."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from headgate.policy.catalogue import Rule
from headgate.policy.decision import Decision, Result, Violation

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# GitHub orders alerts by this number.
_SECURITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}


def render(decision: Decision) -> str:
    """Return the decision as a SARIF log."""
    rules = list(decision.rules)
    index = {rule.id: position for position, rule in enumerate(rules)}
    results = [
        _result(result, violation, index[result.rule.id])
        for result in decision.findings
        for violation in result.violations
    ]
    run = {
        "tool": {"driver": {"name": "headgate", "rules": [_rule(rule) for rule in rules]}},
        "results": results,
        "automationDetails": {"id": f"headgate/{decision.stack or decision.environment}/"},
        "columnKind": "unicodeCodePoints",
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("_")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.description},
        "help": {"text": rule.remediation, "markdown": rule.remediation},
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "security-severity": _SECURITY.get(rule.severity, "5.5"),
            "tags": ["security", rule.category, *rule.controls],
        },
    }


def _result(result: Result, violation: Violation, index: int) -> dict[str, Any]:
    text = f"{violation.message}. Write: {violation.expected}."
    return {
        "ruleId": result.rule.id,
        "ruleIndex": index,
        "level": "error" if result.blocking else "warning",
        "message": {"text": text},
        "locations": [_location(result, violation)],
        "partialFingerprints": {"headgate/v1": _fingerprint(result, violation)},
    }


def _location(result: Result, violation: Violation) -> dict[str, Any]:
    logical = {"fullyQualifiedName": f"{result.resource.id}#{violation.property}", "kind": "resource"}
    # Code scanning takes no result without a file: what has none points at the project.
    source = violation.source
    physical: dict[str, Any] = {"artifactLocation": {"uri": source.file if source else "Pulumi.yaml"}}
    physical["region"] = {
        "startLine": source.line if source else 1,
        "startColumn": source.column if source else 1,
    }
    return {"physicalLocation": physical, "logicalLocations": [logical]}


def _fingerprint(result: Result, violation: Violation) -> str:
    parts = (result.rule.id, result.resource.id, violation.property, violation.found)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
