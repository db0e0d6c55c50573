"""Groups of rules as Azure keeps them: durations in ISO 8601, severities as numbers, actions by resource.

Owns the translation. Which rules there are is `components.monitoring`'s business.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_azure_native import alertsmanagement

from components.monitoring.rule import Alert, Group, Rule, Severity, seconds

# Azure evaluates no more often than once a minute.
_INTERVAL = "PT1M"
# Azure takes no more rules in one group.
MOST_RULES = 20
_SEVERITIES = {Severity.CRITICAL: 0, Severity.WARNING: 2, Severity.INFO: 3, Severity.NONE: 4}
ActionGroups = Mapping[str, pulumi.Input[str]]


def rule_group(
    name: str,
    group: Group,
    place: Mapping[str, Any],
    told: ActionGroups,
    runbooks: str,
    opts: pulumi.ResourceOptions,
) -> alertsmanagement.PrometheusRuleGroup:
    """Make a group; `place` is its resource group, region, scope and tags, `told` who is told, by escalation step."""
    first = next(iter(told))
    return alertsmanagement.PrometheusRuleGroup(
        name,
        rule_group_name=group.name,
        interval=_INTERVAL,
        enabled=True,
        rules=[_rule(rule, told, first, runbooks) for rule in group.rules],
        opts=opts,
        **place,
    )


def _rule(rule: Rule, told: ActionGroups, first: str, runbooks: str) -> dict[str, Any]:
    """Return one rule."""
    if not isinstance(rule, Alert):
        return {"record": rule.record, "expression": rule.expr, "labels": dict(rule.labels), "enabled": True}
    held = seconds(rule.hold)
    return {
        "alert": rule.name,
        "expression": rule.expr,
        **({"for_": iso(held)} if held else {}),
        "labels": rule.all_labels(),
        "annotations": rule.annotations(runbooks),
        "severity": _SEVERITIES[rule.severity],
        "enabled": True,
        "resolve_configuration": {"auto_resolved": True, "time_to_resolve": "PT5M"},
        "actions": [{"action_group_id": told[step]} for step in _steps(rule, first)],
    }


def _steps(rule: Alert, first: str) -> list[str]:
    """Return which steps hear of an alert: its own for a critical one, the first for a warning."""
    if rule.severity is Severity.CRITICAL:
        return [rule.labels.get("escalation", first)]
    return [first] if rule.severity is Severity.WARNING else []


def iso(duration: int) -> str:
    """Return seconds as an ISO 8601 duration."""
    minutes, rest = divmod(duration, 60)
    return f"PT{minutes}M" if minutes and not rest else f"PT{duration}S"
