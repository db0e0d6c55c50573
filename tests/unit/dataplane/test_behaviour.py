"""What a region is told to do wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox.dataplane.behaviour import Behaviour, Deviation, Rule
from headgate.sandbox.dataplane.objects import Pod

pytestmark = pytest.mark.unit

Make = Callable[..., dict[str, Any]]
MODEL = "fraud/fraud-score"


@pytest.mark.parametrize(
    ("rule", "selected"),
    [
        (Rule("r"), True),
        (Rule("r", model="fraud/fraud-score"), True),
        (Rule("r", model="fraud-score"), True),
        (Rule("r", model="other"), False),
        (Rule("r", labels={"app": "fraud-score"}), True),
        (Rule("r", labels={"app": "fraud-score", "hash": "1"}), False),
    ],
)
def test_a_rule_selects_by_model_and_labels(make_pod: Make, rule: Rule, selected: bool) -> None:
    """Both must fit; none means all."""
    assert rule.selects(MODEL, Pod.read(make_pod())) is selected


def test_rules_add_up(make_pod: Make) -> None:
    """Delays and drift add, rates take the worst, weights multiply, others' rules do not count."""
    behaviour = Behaviour()
    for rule in (
        Rule("a", latency=0.1, error_rate=0.5, drift=1.0, weight=0.5),
        Rule("b", latency=0.2, error_rate=0.1, wrong_rate=1.0, drift=-3.0, weight=0.5),
        Rule("c", model="other", latency=9.0),
    ):
        behaviour.rules[rule.name] = rule

    found = behaviour.of(MODEL, Pod.read(make_pod()))

    assert found == Deviation(pytest.approx(0.3), 0.5, 1.0, -2.0, 0.25)


def test_without_rules_nothing_deviates(make_pod: Make) -> None:
    """The default is a healthy region."""
    behaviour = Behaviour()

    assert behaviour.of(MODEL, Pod.read(make_pod())) == Deviation()
    assert behaviour.unhealthy is False
    assert behaviour.happens(0) is False


def test_weights_are_followed() -> None:
    """One in four to the light one, none to what weighs nothing, and nobody when nothing weighs."""
    behaviour = Behaviour()

    chosen = [behaviour.choose([3.0, 1.0, 0.0]) for _ in range(4000)]

    assert 0.2 < chosen.count(1) / 4000 < 0.3
    assert chosen.count(2) == 0
    assert behaviour.choose([0.0, 0.0]) is None


@pytest.mark.parametrize(
    "document",
    [
        "x",
        {"latncy": 1},
        {"latency": -1},
        {"error_rate": "1"},
        {"weight": True},
        {"wrong_rate": None},
        {"labels": "a=b"},
        {"unhealthy": 1},
    ],
)
def test_a_wrong_rule_is_refused(document: object) -> None:
    """A misspelt drill must not pass as a drill that found nothing."""
    with pytest.raises(HeadgateError):
        Rule.from_json("r", document)


def test_a_rule_survives_a_round_trip() -> None:
    """What is set is what is listed."""
    rule = Rule("r", "m", {"a": "b"}, 0.1, 0.2, 0.3, -0.4, 0.5, True, 0.6)

    assert Rule.from_json("r", rule.as_json()) == rule
