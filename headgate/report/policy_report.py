"""The decision as PolicyReport objects of Kubernetes (wgpolicyk8s.io/v1alpha2), which dashboards of clusters show.

One for each namespace and one for what stands in none, under a name of ours: `kubectl apply --server-side` replaces
those of the run before. A namespace without a finding has its report, too: it says that it was judged.
"""

from __future__ import annotations

import datetime
import json
from collections import Counter, defaultdict
from typing import Any

from headgate.policy.decision import Decision, Outcome, Result, Violation
from headgate.report.interface import NO_CHANGE, Change

_VERSION = "wgpolicyk8s.io/v1alpha2"
_NAME = "headgate"
_RESULTS = ("pass", "fail", "warn", "error", "skip")
# An object of Kubernetes holds a megabyte and a half: what is beyond goes into another report.
_MOST = 1_000


def render(decision: Decision, _change: Change = NO_CHANGE) -> str:
    """Return a List of reports, one result for each violation and the passes as a number."""
    by_namespace: dict[str, list[Result]] = defaultdict(list)
    for result in decision.results:
        by_namespace[result.resource.namespace].append(result)
    items = [
        report
        for namespace in sorted(by_namespace)
        for report in _reports(namespace, by_namespace[namespace], _timestamp(decision.time))
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=2) + "\n"


def _reports(namespace: str, results: list[Result], at: dict[str, int]) -> list[dict[str, Any]]:
    rows = [_row(result, each, at) for result in results for each in result.violations]
    parts = [rows[start : start + _MOST] for start in range(0, len(rows), _MOST)] or [[]]
    passed = sum(result.outcome is Outcome.PASS for result in results)
    return [
        {
            "apiVersion": _VERSION,
            "kind": "PolicyReport" if namespace else "ClusterPolicyReport",
            "metadata": {
                "name": _NAME if number == 1 else f"{_NAME}-{number}",
                **({"namespace": namespace} if namespace else {}),
                "labels": {"app.kubernetes.io/managed-by": _NAME},
            },
            "summary": _summary(part, passed if number == 1 else 0),
            "results": part,
        }
        for number, part in enumerate(parts, start=1)
    ]


def _summary(rows: list[dict[str, Any]], passed: int) -> dict[str, int]:
    counts = Counter(row["result"] for row in rows)
    counts["pass"] += passed
    return {each: counts[each] for each in _RESULTS}


def _row(result: Result, violation: Violation, at: dict[str, int]) -> dict[str, Any]:
    return {
        "source": _NAME,
        "policy": result.rule.id,
        "rule": result.rule.name,
        "category": result.rule.category,
        "severity": result.rule.severity,
        "result": _outcome(result),
        "scored": result.blocking,
        "timestamp": at,
        "message": violation.message,
        "resources": [_reference(result)],
        "properties": {
            "property": violation.property,
            "write": violation.expected,
            "page": result.rule.page,
            **({"waiver": result.waiver.id} if result.waiver else {}),
        },
    }


def _outcome(result: Result) -> str:
    if result.outcome is Outcome.WAIVED:
        return "skip"
    if result.outcome is Outcome.UNDETERMINED:
        return "error"
    return "fail" if result.blocking else "warn"


def _reference(result: Result) -> dict[str, str]:
    """Name the object; what is none of Kubernetes' goes by its type."""
    properties, resource = result.resource.properties, result.resource
    metadata = properties.get("metadata")
    uid = metadata.get("uid") if isinstance(metadata, dict) else None
    named = {
        "apiVersion": properties.get("apiVersion"),
        "kind": resource.kind or resource.type,
        "name": resource.name,
        "namespace": resource.namespace,
        "uid": uid,
    }
    return {key: value for key, value in named.items() if isinstance(value, str) and value}


def _timestamp(time: str) -> dict[str, int]:
    at = datetime.datetime.fromisoformat(time)
    return {"seconds": int(at.timestamp()), "nanos": at.microsecond * 1000}
