"""What every rule must have: a case that tries it, a runbook that is there, an owner, a severity."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from monitored import RUNBOOKS, SCOPE, STEPS, groups, plain_groups, rule_file

from components.azure.prometheus_rules import MOST_RULES
from components.monitoring.alerts import platform_alerts
from components.monitoring.rule import Alert, Group, Recording, Severity, document, escalated, fitting, seconds
from components.monitoring.scope import Scope

pytestmark = pytest.mark.unit

CHECKOUT = Path(__file__).resolve().parents[3]
CASES = CHECKOUT / "tests/component/monitoring/promtool"
ALERTS = [alert for group in groups() for alert in group.alerts]


def cases() -> list[dict[str, Any]]:
    """Return every case of promtool's files."""
    return [case for path in CASES.glob("*.yaml") for case in yaml.safe_load(path.read_text())["tests"]]


def test_every_alert_has_a_case_in_which_it_fires() -> None:
    """And the slower alerts of escalations too, but for the objectives', which are alike for all windows."""
    tried = {
        test["alertname"] for case in cases() for test in case.get("alert_rule_test", []) if test.get("exp_alerts")
    }

    assert {alert.name for alert in ALERTS} - tried == set()


def test_every_alert_has_a_case_in_which_it_is_silent() -> None:
    """An alert that always fires would pass the other cases."""
    tried = {
        test["alertname"] for case in cases() for test in case.get("alert_rule_test", []) if not test["exp_alerts"]
    }
    first = {alert.name for alert in ALERTS if not alert.name.endswith("Step2")}

    assert first - tried == {"Watchdog"}


def test_every_recorded_series_has_a_case() -> None:
    """By its name in an expression."""
    asked = " ".join(test["expr"] for case in cases() for test in case.get("promql_expr_test", []))
    recorded = {rule.record for group in groups() for rule in group.rules if isinstance(rule, Recording)}

    assert {name for name in recorded if name not in asked} == set()


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: f"{alert.name}-{sorted(alert.labels.values())}")
def test_an_alert_says_how_bad_it_is_whose_it_is_and_what_to_do(alert: Alert) -> None:
    """Its runbook is a page of this checkout that names the alert."""
    made = alert.document(RUNBOOKS)
    page = CHECKOUT / "docs/runbooks" / made["annotations"]["runbook_url"].removeprefix(f"{RUNBOOKS}/")

    assert made["labels"]["owner"]
    assert made["labels"]["severity"] in list(Severity)
    assert made["annotations"]["summary"]
    assert made["annotations"]["description"]
    assert re.sub(r"(Step\d+)$", "", alert.name) in page.read_text()


def test_every_runbook_belongs_to_an_alert() -> None:
    """A page that no alert links to is never read."""
    pages = {path.stem for path in (CHECKOUT / "docs/runbooks").glob("*.md")} - {"README"}

    assert pages == {alert.runbook for alert in ALERTS}


def test_a_group_that_is_too_large_for_the_cloud_is_cut() -> None:
    """Five regions and the longest chain that a stack may have: every rule is kept, in order."""
    chain = [("one", 0), ("two", 5), ("three", 10), ("four", 15), ("five", 20)]
    whole = escalated(plain_groups(Scope("o", ("a", "b", "c", "d", "e"))), chain)
    parts = list(fitting(whole, MOST_RULES))

    assert [rule for group in parts for rule in group.rules] == [rule for group in whole for rule in group.rules]
    assert max(len(group.rules) for group in parts) <= MOST_RULES
    assert len({group.name for group in parts}) == len(parts)
    assert {group.name for group in parts} >= {group.name for group in whole}


def test_no_two_rules_are_the_same() -> None:
    """By name and labels, within the whole."""
    rules = [rule for group in rule_file()["groups"] for rule in group["rules"]]
    keys = [
        (rule.get("alert") or rule["record"], tuple(sorted(rule.get("labels", {}).items())))
        for rule in rules
        if rule.get("alert") or rule.get("labels")
    ]

    assert len(keys) == len(set(keys))


def test_only_critical_alerts_are_escalated() -> None:
    """Each further step is an alert of its own, held longer by the step's minutes."""
    alert = Alert("A", "up == 0", Severity.CRITICAL, "o", "r", "s", "d", hold="2m")
    warning = Alert("B", "up == 0", Severity.WARNING, "o", "r", "s", "d")
    found = escalated([Group("g", (alert, warning))], STEPS)[0]

    assert [(each.name, each.hold, dict(each.labels)) for each in found.alerts] == [
        ("A", "2m", {"escalation": "on-call"}),
        ("AStep2", "17m", {"escalation": "lead"}),
        ("B", "0s", {}),
    ]


def test_a_rule_file_is_what_prometheus_reads() -> None:
    """An alert without patience has no `for`, a recording no annotations."""
    group = Group(
        "g",
        (Recording("a:b", "sum(c)", {"k": "v"}), Alert("A", "up == 0", Severity.WARNING, "o", "page", "s", "d")),
    )

    assert document([group], "https://x.test/runbooks/") == {
        "groups": [
            {
                "name": "g",
                "rules": [
                    {"record": "a:b", "expr": "sum(c)", "labels": {"k": "v"}},
                    {
                        "alert": "A",
                        "expr": "up == 0",
                        "labels": {"severity": "warning", "owner": "o"},
                        "annotations": {
                            "summary": "s",
                            "description": "d",
                            "runbook_url": "https://x.test/runbooks/page.md",
                        },
                    },
                ],
            }
        ]
    }


def test_regions_that_share_the_work_are_each_watched() -> None:
    """With a standby only what serves first is; with one region there is nowhere to fail over to."""

    def watched(scope: Scope) -> list[str]:
        alerts = [alert for group in platform_alerts(scope) for alert in group.alerts]
        return [alert.labels["region"] for alert in alerts if alert.name == "FailoverActive"]

    assert watched(SCOPE) == ["uaenorth"]
    assert watched(Scope("o", ("a", "b"))) == ["a", "b"]
    assert watched(Scope("o", ("a",))) == []


@pytest.mark.parametrize(("text", "expected"), [("0s", 0), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("3d", 259200)])
def test_durations_are_read(text: str, expected: int) -> None:
    """As Prometheus writes them."""
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["5", "m", "5 m", "PT5M", "-5m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """By name."""
    with pytest.raises(ValueError, match="no duration"):
        seconds(text)
