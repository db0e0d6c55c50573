"""ClusterAlerting: what a cluster's own Prometheus judges, whom its own Alertmanager tells, what its Grafana shows.

For clusters whose measurements no cloud judges. Owns these programs' configuration, not the programs; on Azure,
MonitoringStack does without them. Rules, routes and dashboards are `components.monitoring`'s.
"""

import json
from typing import Any, Optional

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap, Secret

from components.contract.alerting import ClusterAlertingArgs, TrainingCall
from components.contract.monitoring import EscalationStep
from components.kubernetes.labels import labels
from components.monitoring.alerts import delivery_alerts, platform_alerts
from components.monitoring.dashboards import dashboards
from components.monitoring.routes import DeadMan, Ledger, Mail, Quiet, Routing, Step, Training, configuration
from components.monitoring.rule import document, escalated
from components.monitoring.rules import platform_rules
from components.monitoring.scope import Scope

RULES, RULES_KEY = "headgate-rules", "headgate-rules.json"
# The name and key under which the Prometheus operator looks for an Alertmanager's configuration of that name.
ROUTES, ROUTES_KEY = "alertmanager-headgate", "alertmanager.yaml"
# The label by which the sidecar of Grafana's own chart finds dashboards.
SIDECAR = {"grafana_dashboard": "1"}


class ClusterAlerting(pulumi.ComponentResource):
    """What a cluster's own Prometheus judges, whom its own Alertmanager tells, and what its Grafana shows."""

    rules: pulumi.Output[str]
    """Name of the ConfigMap with the rules; mount it where Prometheus' `rule_files` look."""
    routes: pulumi.Output[str]
    """Name of the Secret with Alertmanager's configuration."""
    dashboards: pulumi.Output[list[str]]
    """Names of the ConfigMaps with dashboards."""

    def __init__(
        self,
        name: str,
        args: ClusterAlertingArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ClusterAlerting", name, dict(args), opts)
        child = pulumi.ResourceOptions(parent=self)
        about: dict[str, Any] = {"namespace": args["namespace"], "labels": labels(args["ownership"])}
        rules = ConfigMap(
            f"{name}-rules", metadata={"name": RULES, **about}, data={RULES_KEY: _rules(args)}, opts=child
        )
        routes = Secret(
            f"{name}-routes", metadata={"name": ROUTES, **about}, string_data={ROUTES_KEY: _routes(args)}, opts=child
        )
        shown = [
            ConfigMap(
                f"{name}-dashboard-{board}",
                metadata={"name": f"headgate-dashboard-{board}", **about, "labels": {**about["labels"], **SIDECAR}},
                data={f"headgate-{board}.json": text},
                opts=child,
            )
            for board, text in (dashboards() if args.get("dashboards", True) else {}).items()
        ]
        self.rules = rules.metadata.name
        self.routes = routes.metadata.name
        self.dashboards = pulumi.Output.all(*(each.metadata.name for each in shown))
        self.register_outputs({"rules": self.rules, "routes": self.routes, "dashboards": self.dashboards})


def _rules(args: ClusterAlertingArgs) -> str:
    """Return the rule file: the platform's, and those on telling, which only an own Alertmanager can have."""
    scope = Scope(
        owner=args["ownership"]["owner"], regions=tuple(args["regions"]), standby=tuple(args.get("standby", []))
    )
    steps = [(step["name"], step["after_minutes"]) for step in args["escalation"]]
    groups = escalated((*platform_rules(), *platform_alerts(scope), delivery_alerts(scope)), steps)
    return _text(document(groups, args["runbooks"]))


def _routes(args: ClusterAlertingArgs) -> pulumi.Output[str]:
    """Return Alertmanager's configuration, as a secret: addresses and tokens let their bearer in."""
    # What every alert needs is checked here and now; what may yet come is the dead man's switch and the hours.
    steps = tuple(_step(step) for step in args["escalation"])
    mail = Mail(args["mail"]["server"], args["mail"]["sender"]) if "mail" in args else None
    Routing(steps, DeadMan(""), mail)
    hours, ledger = args.get("quiet_hours"), args.get("ledger")
    zone = hours["time_zone"] if hours else ""
    calls = args.get("training", [])
    late = {
        "training": pulumi.Output.all(*(pulumi.Output.all(url=each["url"], token=each["token"]) for each in calls)),
        "url": args["dead_man"]["url"],
        "token": args["dead_man"].get("token", ""),
        **({"start": hours["start"], "end": hours["end"]} if hours else {}),
        **(
            {
                "ledger": ledger["url"],
                "ledger_token": ledger["token"],
                "ledger_authority": ledger.get("authority", ""),
            }
            if ledger
            else {}
        ),
    }
    found = pulumi.Output.all(**late).apply(
        lambda given: _text(
            configuration(
                Routing(
                    steps,
                    DeadMan(given["url"], given["token"]),
                    mail,
                    Quiet(given["start"], given["end"], zone) if zone else None,
                    tuple(_training(call, known) for call, known in zip(calls, given["training"], strict=True)),
                    Ledger(given["ledger"], given["ledger_token"], given["ledger_authority"]) if ledger else None,
                )
            )
        )
    )
    return pulumi.Output.secret(found)


def _training(call: TrainingCall, known: dict[str, str]) -> Training:
    """Return a receiver that trains, with what is known late."""
    return Training(call["team"], known["url"], known["token"], tuple(call["models"]), tuple(call["alerts"]))


def _step(step: EscalationStep) -> Step:
    """Return a step; telephones and tickets are behind webhooks here."""
    return Step(step["name"], tuple(step.get("emails", [])), tuple(step.get("webhooks", [])))


def _text(content: object) -> str:
    # JSON is YAML, and has one form.
    return json.dumps(content, indent=1)
