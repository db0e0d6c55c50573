"""The decision as SARIF 2.1.0, for code scanning: rules, locations, and fingerprints that survive moved lines.

Written by GitHub's rules: each result has a file of the repository, `primaryLocationLineHash` is what alerts are told
apart by, and what is waived is left out, since suppressed results would be shown as alerts.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import quote

from headgate.policy.catalogue import Rule
from headgate.policy.decision import Decision, Outcome, Result, Violation
from headgate.report.interface import NO_CHANGE, Change, relative

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# GitHub orders alerts by this number.
_SECURITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
# What has no line points at the project: code scanning takes no result without a file.
_PROJECT = "Pulumi.yaml"


def render(decision: Decision, _change: Change = NO_CHANGE) -> str:
    """Return the decision as a SARIF log."""
    rules = list(decision.rules)
    index = {rule.id: position for position, rule in enumerate(rules)}
    seen: Counter[str] = Counter()
    results = [
        _result(decision, result, violation, index[result.rule.id], seen)
        for result in decision.findings
        if result.outcome is not Outcome.WAIVED
        for violation in result.violations
    ]
    run = {
        "tool": {"driver": {"name": "headgate", "rules": [_rule(rule) for rule in rules]}},
        "invocations": [{"executionSuccessful": True, "exitCode": int(decision.exit_code)}],
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
        "help": {"text": rule.remediation, "markdown": f"{rule.remediation}\n\nSee `{rule.page}`."},
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "security-severity": _SECURITY.get(rule.severity, "5.5"),
            "tags": ["security", rule.category, *rule.controls],
        },
    }


def _result(decision: Decision, result: Result, violation: Violation, index: int, seen: Counter[str]) -> dict[str, Any]:
    mark = result.fingerprint(violation)
    # Two violations that read alike are two alerts all the same.
    seen[mark] += 1
    state = {"baselineState": "unchanged" if violation.known else "new"} if decision.baseline else {}
    return {
        "ruleId": result.rule.id,
        "ruleIndex": index,
        "level": "error" if result.blocking and not violation.known else "warning",
        "message": {"text": f"{violation.message}. Write: {violation.expected}."},
        "locations": [_location(result, violation)],
        "partialFingerprints": {"headgate/v1": mark, "primaryLocationLineHash": f"{mark[:16]}:{seen[mark]}"},
        **state,
    }


def _location(result: Result, violation: Violation) -> dict[str, Any]:
    logical = {"fullyQualifiedName": f"{result.resource.id}#{violation.property}", "kind": "resource"}
    source = violation.source
    artifact = {"uri": quote(relative(source)) if source else _PROJECT, "uriBaseId": "%SRCROOT%"}
    region = {"startLine": source.line if source else 1, "startColumn": source.column if source else 1}
    return {
        "physicalLocation": {"artifactLocation": artifact, "region": region},
        "logicalLocations": [logical],
    }
