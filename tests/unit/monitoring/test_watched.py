"""What is watched of models beside their objectives: what indicators may be, and which prices spending is by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from components.monitoring.business import Indicator, rules
from components.monitoring.rule import Alert
from components.monitoring.spending import team_rules
from components.monitoring.tunables import Spending
from components.monitoring.watched import WatchedModel

pytestmark = pytest.mark.unit

WATCHED = WatchedModel("fraud", "team-fraud", "fraud-score")
PRICES = Path(__file__).resolve().parents[3] / "headgate/cost/prices.yaml"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"metric": "up or vector(1)"}, "no name of a metric"),
        ({"labels": {"a-b": "c"}}, "no label"),
        ({"labels": {"namespace": "team-vision"}}, "no label"),
        ({"labels": {"__name__": "up"}}, "no label"),
        ({"below": None}, "no bound"),
    ],
)
def test_an_indicator_is_a_series_of_the_teams_own_with_a_bound(wrong: dict[str, Any], words: str) -> None:
    """Nothing leads past the team's namespace: no expression, no label that says otherwise."""
    given: dict[str, Any] = {"name": "n", "metric": "m", "description": "d", "below": 1, **wrong}
    with pytest.raises(ValueError, match=words):
        Indicator(**given)


def test_a_labels_value_stays_a_value() -> None:
    """Quotes and backslashes in it end no selector."""
    tricky = Indicator("n", "m", "d", above=1, labels={"a": 'b"} or up{c="\\'})
    (alert,) = rules(WATCHED, "fraud-models", (tricky,)).alerts

    assert alert.expr == r'avg by (region) (m{namespace="team-fraud",a="b\"} or up{c=\"\\"}) > 1'


def test_a_bound_keeps_all_its_digits() -> None:
    """Six of them would have 1234567 judged as 1234570, and 0.9999999 as 1."""
    (alert,) = rules(WATCHED, "fraud-models", (Indicator("n", "m", "d", below=0.9999999, above=1234567),)).alerts
    (_, budget) = team_rules("fraud", "team-fraud", "fraud-models", 1234567.5).rules

    assert [alert.expr.count(bound) for bound in ("< 0.9999999", "> 1234567")] == [1, 1]
    assert isinstance(budget, Alert)
    assert budget.expr.endswith(" > 1234567.5")


def test_spending_is_by_the_prices_of_the_table() -> None:
    """Alerts and `headgate stack cost` agree on what a pod's share of a node costs."""
    table, tune = yaml.safe_load(PRICES.read_text()), Spending()

    assert table["capacity"] == {
        "cpu_hour": tune.cpu_hour,
        "memory_gib_hour": tune.memory_gib_hour,
        "gpu_hour": tune.gpu_hour,
    }
    assert table["hours_per_month"] == tune.hours_per_month
