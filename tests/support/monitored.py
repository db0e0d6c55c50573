"""The rules that the tests of monitoring are about: a platform of two regions, and one model."""

from __future__ import annotations

from typing import Any

import yaml

from components.monitoring import business, inputs, quality, spending
from components.monitoring.alerts import delivery_alerts, platform_alerts
from components.monitoring.rule import Group, document, escalated
from components.monitoring.rules import platform_rules
from components.monitoring.scope import Scope
from components.monitoring.slo.burn import ANY_RUNBOOK, burn_rules
from components.monitoring.slo.model import ModelObjectives, rules
from components.monitoring.slo.openslo import parse
from components.monitoring.watched import WatchedModel

REFUNDS = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: fraud-refunds
spec:
  service: refunds
  description: 99 % of refunds are judged
  budgetingMethod: Occurrences
  timeWindow:
    - {duration: 4w, isRolling: true}
  indicator:
    metadata: {name: refunds}
    spec:
      ratioMetric:
        counter: true
        bad:
          metricSource:
            type: Prometheus
            spec:
              query: headgate_inference_requests_total{namespace="team-fraud",model="refunds",code=~"5.."}
        total:
          metricSource:
            type: Prometheus
            spec:
              query: headgate_inference_requests_total{namespace="team-fraud",model="refunds"}
  objectives:
    - {displayName: refunds, targetPercent: 99}
"""
RUNBOOKS = "https://docs.example.com/runbooks"
STEPS = (("on-call", 0), ("lead", 15))
SCOPE = Scope(owner="ml-platform", regions=("uaenorth", "uaecentral"), standby=("uaecentral",))
WATCHED = WatchedModel("fraud", "team-fraud", "fraud-score")
ASSISTANT = WatchedModel("assistant", "team-assistant", "simulated-assistant")
INDICATORS = (
    business.Indicator(
        "flagged-share",
        "headgate_model_answer_mean",
        "share of payments that are called fraud",
        below=0.001,
        above=0.2,
        minutes=10,
        labels={"model": "fraud-score", "output": "score"},
    ),
)
MODEL = ModelObjectives("fraud", "team-fraud", "fraud-score", availability_percent=99.9, latency_ms=100)


def plain_groups(scope: Scope = SCOPE) -> tuple[Group, ...]:
    """Return every group of a platform with an Alertmanager of its own, of a model and of one more objective."""
    own = burn_rules(parse(yaml.safe_load(REFUNDS)), "fraud-models", ANY_RUNBOOK)
    model = (*rules(MODEL, "fraud-models"), *watched())
    return (*platform_rules(), *platform_alerts(scope), delivery_alerts(scope), *model, own)


def watched() -> tuple[Group, ...]:
    """Return what is watched of a model, of a language model, and of a team."""
    owner = "fraud-models"
    return (
        quality.rules(WATCHED, owner),
        inputs.rules(WATCHED, owner),
        business.rules(WATCHED, owner, INDICATORS),
        spending.model_rules(WATCHED, owner, 500),
        spending.team_rules("fraud", "team-fraud", owner, 5000),
        spending.token_rules(ASSISTANT, "assistants", 1_000_000),
    )


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
