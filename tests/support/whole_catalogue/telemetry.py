"""What is measured and promised, and who is told."""

from __future__ import annotations

import json
from typing import Any

from components import names
from whole_catalogue.asked import (
    FOR_LIFE,
    GRANT,
    HOME,
    IDENTITY,
    LEFT_OUT,
    ORGANISATION,
    OTHER_GRANT,
    PLACE,
    REGIONS,
    RUNBOOKS,
    TEAM,
    Fixed,
    Table,
    Turned,
    ownership,
)

QUIET = Turned(LEFT_OUT, {"start": "20:00", "end": "06:00", "time_zone": "Asia/Dubai"})
_REFUNDS = {"name": "refunds", "metric": "fraud_refunds_ratio", "description": "Refunds that are judged"}
_STEPS = Turned(
    [{"name": "on-call", "after_minutes": 0}, {"name": "lead", "after_minutes": 15}],
    [{"name": "on-call", "after_minutes": 0}, {"name": "lead", "after_minutes": 30}],
)


def chains(by: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return an escalation chain before and after: by webhook, or by mail."""
    told = {"webhooks": ("https://pager.example.com/a", "https://pager.example.com/b"), "emails": ("a@b.c", "b@b.c")}
    first, second = told[by]
    return (
        [{**step, by: [first]} for step in _STEPS.before],
        [{**step, by: [first, second]} for step in _STEPS.after],
    )


def stack(ground: Any, made: dict[str, Any]) -> Table:
    """Return the platform's monitoring."""
    clusters = [{"name": region, "cluster_id": made[region].cluster_id} for region in REGIONS]
    networks = [ground.regions[region].private_network for region in REGIONS]
    return {
        "organisation": Fixed(ORGANISATION, IDENTITY),
        "ownership": ownership("platform"),
        "resource_group": Fixed(ground.resource_group, PLACE),
        "region": Fixed(HOME, PLACE),
        "clusters": Turned(clusters[:1], clusters),
        "standby": Turned(LEFT_OUT, [REGIONS[1]]),
        "workspace_id": Fixed(ground.workspace_id, PLACE),
        "escalation": Turned(*chains("emails")),
        "runbooks": RUNBOOKS,
        "quiet_hours": QUIET,
        "dashboards": Turned(before=False, after=True),
        "zone_redundant": Fixed(True, FOR_LIFE),
        "protect": Turned(before=True, after=False),
        "guarding": Turned(
            {"lock": True, "grants": [GRANT], "private_access": networks},
            {"lock": False, "grants": [OTHER_GRANT], "private_access": networks},
        ),
    }


def model(monitoring: Any) -> Table:
    """Return what is promised of one model."""
    return {
        **_promise(monitoring),
        "namespace": Fixed(names.namespace(TEAM), IDENTITY),
        "model": Fixed("canary", IDENTITY),
        "availability_percent": Turned(99.9, 99.5),
        "latency_objective_ms": Turned(100, 80),
        "quality": Fixed(True, "without it there is nothing to be told of"),
        "thresholds": Turned({"drift_psi": 0.2}, {"drift_psi": 0.3, "drift_ks": 0.2}),
        "indicators": Turned([{**_REFUNDS, "below": 0.5}], [{**_REFUNDS, "above": 0.9, "minutes": 30}]),
        "monthly_budget": Turned(100.0, 200.0),
        "tokens_per_month": Fixed(LEFT_OUT, "of a language model"),
    }


def objectives(monitoring: Any) -> Table:
    """Return what is promised beyond."""
    return {**_promise(monitoring), "documents": Turned([_slo(99)], [_slo(99.5)]), **_spending()}


def _spending() -> dict[str, Turned | Fixed]:
    return {"namespace": Fixed(names.namespace(TEAM), IDENTITY), "monthly_budget": Turned(1000.0, 2000.0)}


def _promise(monitoring: Any) -> dict[str, Turned | Fixed]:
    return {
        "ownership": ownership(TEAM),
        "resource_group": Fixed(monitoring.alerts_group, PLACE),
        "region": Fixed(HOME, PLACE),
        "metrics_workspace_id": Fixed(monitoring.metrics_workspace_id, PLACE),
        "action_groups": Fixed(monitoring.action_groups, "of the platform's chain"),
        "escalation": _STEPS,
        "runbooks": RUNBOOKS,
    }


def _slo(percent: float) -> str:
    """Return an objective as OpenSLO."""
    requests = f'headgate_inference_requests_total{{namespace="{names.namespace(TEAM)}"'

    def metric(query: str) -> dict[str, Any]:
        return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}

    ratio = {"counter": True, "bad": metric(f'{requests},code=~"5.."}}'), "total": metric(f"{requests}}}")}
    return json.dumps(
        {
            "apiVersion": "openslo/v1",
            "kind": "SLO",
            "metadata": {"name": "fraud-refunds"},
            "spec": {
                "service": "refunds",
                "description": "Refunds are judged",
                "budgetingMethod": "Occurrences",
                "timeWindow": [{"duration": "30d", "isRolling": True}],
                "indicator": {"spec": {"ratioMetric": ratio}},
                "objectives": [{"displayName": "refunds", "targetPercent": percent}],
            },
        }
    )
