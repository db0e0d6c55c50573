"""The decision as GitLab's code quality report, which a merge request shows on its lines."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from headgate.policy.decision import Decision, Result, Violation
from headgate.report.interface import NO_CHANGE, Change, label, open_findings, relative

_SEVERITIES = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor"}


def render(decision: Decision, _change: Change = NO_CHANGE) -> str:
    """Return one issue per violation; what only warns is of no severity of its own."""
    seen: Counter[str] = Counter()
    issues = [_issue(result, violation, seen) for result, violation in open_findings(decision)]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def _issue(result: Result, violation: Violation, seen: Counter[str]) -> dict[str, Any]:
    mark = result.fingerprint(violation)
    seen[mark] += 1
    source = violation.source
    return {
        "description": f"{label(result)} {result.rule.id}: {violation.message}. Write: {violation.expected}",
        "check_name": result.rule.id,
        "fingerprint": mark if seen[mark] == 1 else f"{mark}-{seen[mark]}",
        "severity": _SEVERITIES.get(result.rule.severity, "major") if result.blocking else "info",
        "location": {
            "path": relative(source) if source else "Pulumi.yaml",
            "lines": {"begin": source.line if source else 1},
        },
    }
