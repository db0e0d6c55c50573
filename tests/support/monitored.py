"""The rules that the tests of monitoring are about: a platform of two regions, and one model."""

from __future__ import annotations

from typing import Any

from components.monitoring.alerts import delivery_alerts, platform_alerts
from components.monitoring.rule import Group, document, escalated
from components.monitoring.rules import platform_rules
from components.monitoring.scope import Scope
from components.monitoring.slo.model import ModelObjectives, rules

RUNBOOKS = "https://docs.example.com/runbooks"
STEPS = (("on-call", 0), ("lead", 15))
SCOPE = Scope(owner="ml-platform", regions=("uaenorth", "uaecentral"), standby=("uaecentral",))
MODEL = ModelObjectives("fraud", "team-fraud", "fraud-score", availability_percent=99.9, latency_ms=100)


def plain_groups(scope: Scope = SCOPE) -> tuple[Group, ...]:
    """Return every group of a platform with an Alertmanager of its own, and of one model, each alert once."""
    return (*platform_rules(), *platform_alerts(scope), delivery_alerts(scope), *rules(MODEL, "fraud-models"))


def groups() -> tuple[Group, ...]:
    """Return them with their escalations."""
    return escalated(plain_groups(), STEPS)


def rule_file(*, annotated: bool = True) -> dict[str, Any]:
    """Return them as a rule file; without annotations, which promtool's tests would have to repeat word for word."""
    made = document(groups(), RUNBOOKS)
    if not annotated:
        for group in made["groups"]:
            for rule in group["rules"]:
                rule.pop("annotations", None)
    return made
