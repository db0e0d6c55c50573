"""Why a rule decided as it did, with the values that it saw."""

from __future__ import annotations

from dataclasses import replace

import pytest
from decisions import POD, decision, failed, violation

from headgate.errors import HeadgateError
from headgate.gate.explain import account, shown, value_at
from headgate.plan.view import Operation, View
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.decision import Decision

pytestmark = pytest.mark.unit

BUNDLE = Bundle.find(CHECKOUT / "policies")
RULE = next(each for each in BUNDLE.rules if each.id == "HG-SC-001")
SEEN = replace(POD, properties={"spec": {"a": ["nginx"]}})
FOUND = replace(failed(RULE, replace(violation(), path=("spec", "a", 0), property="spec.a[0]")), resource=SEEN)


def lines(given: Decision, rule: str = "HG-SC-001", *resources: object) -> list[str]:
    """Return the account of a rule on the pod."""
    view = View((SEEN,), "plan")
    return [line for each in account(BUNDLE, given, view, rule, "a") for line in each.lines()]


def test_a_violation_is_told_with_its_value_and_the_parameters_that_the_rule_reads() -> None:
    """Of the environment; the values are those of the plan, not of the message."""
    told = lines(decision(FOUND, rules=(RULE,)), "hg-sc-001")

    assert told[0] == f"HG-SC-001 {RULE.title}"
    assert told[-6:] == [
        "  fail, level deny: stops the change",
        "  pod.yaml:3: it is ill",
        '    spec.a[0] = "nginx"',
        "    write: well",
        '  parameter registries = {"images": ["hgplatformprod.azurecr.io"],'
        ' "models": ["hgplatformprod", "mlr-hg-prod"], "workspaces": ["mlw-prod-*"]}',
        "  page: docs/rules/HG-SC-001.md",
    ]


@pytest.mark.parametrize(
    ("resource", "rule", "why"),
    [
        (SEEN, RULE, "the rule is not about this resource"),
        (replace(SEEN, operation=Operation.DELETE), RULE, "and this is delete"),
        (SEEN, replace(RULE, gates=("A",)), "the rule judges at A, and this is gate P"),
    ],
)
def test_a_rule_that_said_nothing_says_why(resource: object, rule: object, why: str) -> None:
    """No result is not a pass."""
    found = account(BUNDLE, decision(), View((SEEN,), "plan"), "HG-SC-001", "a")[0]
    found = replace(found, resource=resource, rule=rule)  # type: ignore[arg-type]

    assert list(found.lines())[-1].endswith(why)
    assert found.as_json()["result"]["outcome"] == "not applicable"


def test_a_name_that_is_not_there_is_answered_with_those_that_are_near() -> None:
    """And a rule that is not, with those that are."""
    view = View((SEEN,), "plan")
    with pytest.raises(HeadgateError, match="no such resource") as caught:
        account(BUNDLE, decision(), view, "HG-SC-001", "fraud")
    with pytest.raises(HeadgateError, match="no such rule"):
        account(BUNDLE, decision(), view, "HG-XX-001", "a")

    assert caught.value.expected == "a"


def test_a_value_is_shown_on_one_line_and_a_missing_one_is_none() -> None:
    """A long one says how long it is."""
    assert (shown("x" * 1000)[-20:], shown(value_at({"a": [1]}, ("a", 2)))) == ("xx… (1,002 characters)"[-20:], "null")
