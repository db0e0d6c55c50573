"""A team's own objectives on their way from its stack to rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from monitored import REFUNDS

from headgate.stack import load_stack
from tests.unit.infra.test_stacks import PLATFORM

pytestmark = pytest.mark.unit


def test_objectives_that_a_team_states_are_deployed(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one component, with a group of rules for each, beside those that each model has by itself."""

    def loaded(*arguments: Any) -> Any:
        return replace(load_stack(*arguments), objectives=(yaml.safe_load(REFUNDS),))

    monkeypatch.setattr("infra.settings.load_stack", loaded)
    program = run("fraud-prod", platform=PLATFORM)
    groups = {
        inputs["ruleGroupName"]
        for kind, inputs in program.resources.values()
        if kind == "azure-native:alertsmanagement:PrometheusRuleGroup"
    }

    assert program.kinds()["ServiceObjectives"] == 1
    assert {"slo-fraud-refunds", "slo-fraud-fraud-score-availability"} <= groups


def test_a_language_model_is_watched_for_its_availability_and_its_tokens(run: Any) -> None:
    """Its answers take as long as they are long, so that no latency is promised of them."""
    program = run("assistant-prod", platform=PLATFORM)

    assert {
        name.rpartition("::")[2]: inputs.get("latency_objective_ms")
        for name, (kind, inputs) in program.resources.items()
        if kind == "headgate:index:ModelMonitoring"
    } == {"intent-router-monitoring": 80, "assistant-7b-monitoring": None}
    assert sorted(
        inputs["ruleGroupName"]
        for kind, inputs in program.resources.values()
        if kind == "azure-native:alertsmanagement:PrometheusRuleGroup"
    ) == [
        "inputs-assistant-intent-router",
        "quality-assistant-intent-router",
        "slo-assistant-assistant-7b-availability",
        "slo-assistant-intent-router-availability",
        "slo-assistant-intent-router-latency",
        "tokens-assistant-assistant-7b",
    ]
