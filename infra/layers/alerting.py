"""The alerting layer: what a cluster's own Prometheus judges and whom its own Alertmanager tells, where they run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pulumi

from components import catalog
from infra.layers.gate import AUDIT_TOKEN_FILE, AUDIT_URL
from infra.layers.telemetry import escalation_of, quiet_hours_of
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.alerting import ClusterAlertingArgs, DeadManSwitch

# The deploy job's own configuration: the token of the dead man's switch is no setting that a stack file may show.
DEAD_MAN_TOKEN = "deadManToken"  # noqa: S105  the name of a setting


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
    collector, token = os.environ.get(AUDIT_URL), os.environ.get(AUDIT_TOKEN_FILE)
    if collector and token:
        secret = Path(token).read_text(encoding="utf-8").strip()
        args["ledger"] = {"url": alerts_of(collector, str(settings.stack.name)), "token": pulumi.Output.secret(secret)}
    return catalog.ClusterAlerting(f"alerting-{region}", args, judged)


def alerts_of(collector: str, stack: str) -> str:
    """Return where the collector that decisions go to takes a stack's alerts."""
    return urlsplit(collector)._replace(path=f"/v1/alertmanager/{stack}", query="", fragment="").geturl()


def _dead_man(url: str) -> DeadManSwitch:
    token = pulumi.Config("headgate").get_secret(DEAD_MAN_TOKEN)
    return {"url": url} if token is None else {"url": url, "token": token}
