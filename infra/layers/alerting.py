"""The alerting layer: what a cluster's own Prometheus judges and whom its own Alertmanager tells, where they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components import catalog, names
from headgate.stack.secret import Secret
from infra.layers.collector import collector
from infra.layers.retraining import retraining_token
from infra.layers.telemetry import escalation_of, quiet_hours_of
from infra.layers.unknown import secret_if_any
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.alerting import ClusterAlertingArgs, DeadManSwitch, TrainingCall
    from headgate.stack.monitoring import TrainingTeam


def build_alerting(settings: Settings, region: str, judged: pulumi.ResourceOptions) -> catalog.ClusterAlerting | None:
    """Build a cluster's, once its gate judges what is written (`judged`); nothing where the cloud alone judges."""
    platform = settings.stack.platform
    asked = platform.monitoring.in_cluster
    if asked is None:
        return None
    args: ClusterAlertingArgs = {
        "ownership": settings.ownership,
        "namespace": asked.namespace,
        "regions": [each.name for each in platform.serving],
        "standby": [each.name for each in platform.standby],
        "escalation": escalation_of(platform.monitoring),
        "dead_man": _dead_man(asked.dead_man),
        "dashboards": asked.dashboards,
        "runbooks": platform.monitoring.runbooks,
    }
    if asked.mail is not None:
        args["mail"] = {"server": asked.mail.server, "sender": asked.mail.sender}
    hours = quiet_hours_of(platform.monitoring)
    if hours is not None:
        args["quiet_hours"] = hours
    ledger = collector()
    if ledger is not None:
        args["ledger"] = {"url": ledger.at(f"/v1/alertmanager/{settings.stack.name}"), "token": ledger.token}
        if ledger.authority:
            args["ledger"]["authority"] = ledger.authority
    calls = [call for each in asked.training if (call := _training(each, settings, region))]
    if calls:
        args["training"] = calls
    return catalog.ClusterAlerting(f"alerting-{region}", args, judged)


def _training(asked: TrainingTeam, settings: Settings, region: str) -> TrainingCall | None:
    """Return the call of a team's receiver from the region that trains; None from the others."""
    if region != (asked.region or settings.stack.platform.serving[0].name):
        return None
    return {
        "team": asked.team,
        "url": names.retraining_receiver(asked.team),
        "token": retraining_token(str(settings.stack.name)),
        "models": asked.models,
        "alerts": asked.alerts,
    }


def _dead_man(url: str) -> DeadManSwitch:
    token = secret_if_any(Secret.DEAD_MAN_TOKEN)
    return {"url": url} if token is None else {"url": url, "token": token}
