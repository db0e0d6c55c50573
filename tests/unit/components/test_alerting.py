"""ClusterAlerting: what a cluster's own Prometheus and Alertmanager are given."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from monitored import RUNBOOKS

from components.catalog import ClusterAlerting
from components.monitoring.alerts import delivery_alerts, platform_alerts
from components.monitoring.dashboards import dashboards
from components.monitoring.routes import DeadMan, Mail, Quiet, Routing, Step, Training, configuration
from components.monitoring.rule import document, escalated
from components.monitoring.rules import platform_rules
from components.monitoring.scope import Scope

pytestmark = pytest.mark.unit

PAGER = "https://pager.example.com/x"
SWITCH = "https://watch.example.com/v1/heard/platform-prod"


def alerting(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one cluster's alerting."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": ownership,
            "namespace": "monitoring",
            "regions": ["uaenorth"],
            "escalation": [{"name": "on-call", "after_minutes": 0, "webhooks": [PAGER]}],
            "dead_man": {"url": SWITCH},
            "runbooks": RUNBOOKS,
            **more,
        }
        made = ClusterAlerting("a", args)
        return {"rules": made.rules, "routes": made.routes, "dashboards": made.dashboards}

    return program


def test_defaults_are_rules_and_routes(record: Any, ownership: dict[str, str]) -> None:
    """By the names under which both programs find them; with the alerts on telling, which Azure has no use for."""
    recording = record(alerting(ownership))
    rules = recording.one("kubernetes:core/v1:ConfigMap", "a-rules").inputs
    routes = recording.one("kubernetes:core/v1:Secret", "a-routes").inputs
    scope = Scope("ml-platform", ("uaenorth",))
    groups = escalated((*platform_rules(), *platform_alerts(scope), delivery_alerts(scope)), [("on-call", 0)])

    assert recording.children() == {
        **{f"a-dashboard-{name}": "kubernetes:core/v1:ConfigMap" for name in dashboards()},
        "a-routes": "kubernetes:core/v1:Secret",
        "a-rules": "kubernetes:core/v1:ConfigMap",
    }
    assert recording.outputs == {
        "rules": "headgate-rules",
        "routes": "alertmanager-headgate",
        "dashboards": [f"headgate-dashboard-{name}" for name in dashboards()],
    }
    for made, name in ((rules, "headgate-rules"), (routes, "alertmanager-headgate")):
        assert (made["metadata"]["name"], made["metadata"]["namespace"]) == (name, "monitoring")
        assert made["metadata"]["labels"]["headgate.dev/owner"] == "ml-platform"
    assert json.loads(rules["data"]["headgate-rules.json"]) == document(groups, RUNBOOKS)
    assert json.loads(routes["stringData"]["alertmanager.yaml"]) == configuration(
        Routing((Step("on-call", webhooks=(PAGER,)),), DeadMan(SWITCH))
    )


def test_dashboards_are_found_by_grafanas_sidecar(record: Any, ownership: dict[str, str]) -> None:
    """By its label, each in a file of its own; without them there are none."""
    made = record(alerting(ownership)).one("kubernetes:core/v1:ConfigMap", "a-dashboard-model").inputs
    without = record(alerting(ownership, dashboards=False))

    assert made["metadata"]["name"] == "headgate-dashboard-model"
    assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert made["data"] == {"headgate-model.json": dashboards()["model"]}
    assert (sorted(without.children()), without.outputs["dashboards"]) == (["a-routes", "a-rules"], [])


def test_max_escalates_sleeps_and_writes_mail(record: Any, ownership: dict[str, str]) -> None:
    """What is known only later, the switch's address and token and the hours, is waited for."""
    lead = {"name": "lead", "after_minutes": 15, "emails": ["lead@example.com"]}
    recording = record(
        alerting(
            ownership,
            regions=["uaenorth", "uaecentral"],
            standby=["uaecentral"],
            escalation=[{"name": "on-call", "after_minutes": 0, "webhooks": [PAGER]}, lead],
            mail={"server": "smtp.example.com:587", "sender": "a@example.com"},
            dead_man={"url": pulumi.Output.from_input(SWITCH), "token": pulumi.Output.secret("t")},
            training=[
                {
                    "team": "fraud",
                    "url": pulumi.Output.from_input("http://r:8080"),
                    "token": pulumi.Output.secret("shown"),
                    "models": ["fraud-score"],
                    "alerts": ["ModelFeatureDrift"],
                }
            ],
            quiet_hours={"start": pulumi.Output.from_input("20:00"), "end": "06:00", "time_zone": "Asia/Dubai"},
        )
    )
    routes = recording.one("kubernetes:core/v1:Secret", "a-routes").inputs["stringData"]
    rules = json.loads(recording.one("kubernetes:core/v1:ConfigMap", "a-rules").inputs["data"]["headgate-rules.json"])
    failover = next(group for group in rules["groups"] if group["name"] == "headgate-failover")

    assert json.loads(routes["alertmanager.yaml"]) == configuration(
        Routing(
            (Step("on-call", webhooks=(PAGER,)), Step("lead", emails=("lead@example.com",))),
            DeadMan(SWITCH, "t"),
            Mail("smtp.example.com:587", "a@example.com"),
            Quiet("20:00", "06:00", "Asia/Dubai"),
            (Training("fraud", "http://r:8080", "shown", ("fraud-score",), ("ModelFeatureDrift",)),),
        )
    )
    assert [rule["labels"]["region"] for rule in failover["rules"]] == ["uaenorth"]


def test_hardened_means_that_addresses_and_tokens_are_secret(record: Any, ownership: dict[str, str]) -> None:
    """In the state as in the cluster: whoever has a webhook's address can call it."""
    wrapped: list[bool] = []

    def program() -> dict[str, Any]:
        alerting(ownership)()
        from components.kubernetes.alerting import _routes

        args: Any = {
            "escalation": [{"name": "on-call", "after_minutes": 0, "webhooks": [PAGER]}],
            "dead_man": {"url": SWITCH},
        }
        found = pulumi.Output.from_input(_routes(args).is_secret())
        return {"secret": found.apply(lambda secret: wrapped.append(secret) or secret)}

    record(program)
    assert wrapped == [True]


def test_a_step_that_nobody_hears_is_refused(record: Any, ownership: dict[str, str]) -> None:
    """Alertmanager sends no text messages."""
    phone = {"name": "on-call", "after_minutes": 0, "phones": [{"country_code": "971", "number": "5"}]}

    with pytest.raises(ValueError, match="step on-call tells nobody that Alertmanager can reach"):
        record(alerting(ownership, escalation=[phone]))


def test_the_ledger_hears_of_all_alerts_and_ends_no_route(record: Any, ownership: dict[str, str]) -> None:
    """Ahead of whoever else is told, at every hour; of its own silence and of the Watchdog it hears nothing."""
    ledger = {"url": "https://audit.example.com/v1/alertmanager/platform-prod", "token": "of the collector"}
    routes = record(alerting(ownership, ledger=ledger)).one("kubernetes:core/v1:Secret", "a-routes").inputs
    told = json.loads(routes["stringData"]["alertmanager.yaml"])

    assert told["route"]["routes"][0] == {
        "receiver": "ledger",
        "matchers": ['alertname!~"LedgerNotReceiving.*|Watchdog"'],
        "continue": True,
        "repeat_interval": "24h",
    }
    assert told["route"]["routes"][1]["receiver"] == "dead-man"
    assert {
        "name": "ledger",
        "webhook_configs": [
            {
                "url": ledger["url"],
                "send_resolved": True,
                "http_config": {"authorization": {"credentials": "of the collector"}},
            }
        ],
    } in told["receivers"]


def test_no_step_is_called_as_the_ledger(record: Any, ownership: dict[str, str]) -> None:
    """A receiver of that name may be there already."""
    chain = [{"name": "ledger", "after_minutes": 0, "webhooks": [PAGER]}]

    with pytest.raises(ValueError, match="no step may be called ledger"):
        record(alerting(ownership, escalation=chain))
