"""What has a model trained again: a team's settings as components take them, and the receiver that starts pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components import catalog, names
from headgate.stack.secret import Secret
from infra.layers.collector import AUDIT_TOKEN_FILE, AUDIT_URL, collector
from infra.layers.unknown import later_known, secret_of

if TYPE_CHECKING:
    from components.contract.retraining import RetrainingLedger, RetrainingReceiverArgs
    from components.contract.training import RetrainingTriggers
    from headgate.stack.jobs import RetrainingTriggers as Asked
    from infra.layers.platform import SharedPlatform
    from infra.settings import Settings


def triggers_of(asked: Asked) -> RetrainingTriggers:
    """Say what has a model trained again."""
    triggers: RetrainingTriggers = {"time_zone": asked.time_zone}
    if asked.schedule is not None:
        triggers["schedule"] = asked.schedule
    if asked.drift is not None:
        triggers["drift"] = {"alert": asked.drift.alert, "above": asked.drift.above}
    if asked.data is not None:
        triggers["data"] = {"path": asked.data.path, "after_files": asked.data.after_files}
    return triggers


def build_receivers(
    settings: Settings, platform: SharedPlatform, tenancies: dict[str, catalog.TeamTenancy]
) -> dict[str, catalog.RetrainingReceiver]:
    """Deploy the team's receiver where pipelines train that drift or data starts; nothing where none is asked for."""
    team = settings.stack.team
    training = {pipeline.region or platform.home for pipeline in team.started_by_events}
    return {
        region: _receiver(settings, platform, region, tenancy)
        for region, tenancy in tenancies.items()
        if region in training and team.retraining_receiver is not None
    }


def _receiver(
    settings: Settings, platform: SharedPlatform, region: str, tenancy: catalog.TeamTenancy
) -> catalog.RetrainingReceiver:
    """Deploy it in one region; a cluster's own Alertmanager may call it, wherever the platform has that run."""
    team, stack = settings.stack.team, str(settings.stack.name)
    asked = team.retraining_receiver
    assert asked is not None  # noqa: S101  the caller's condition
    args: RetrainingReceiverArgs = {
        "ownership": settings.ownership,
        "namespace": names.namespace(team.name),
        "image": f"{platform.registry}/{asked.image}@{asked.digest}",
        "token": retraining_token(stack),
        "ledger": ledger_of(stack),
        "replicas": asked.replicas,
    }
    own = platform.alerting.settings.in_cluster
    if own is not None:
        args["callers"] = [own.namespace, names.GATEWAY_NAMESPACE]
    options = pulumi.ResourceOptions(providers=[platform.regions[region]], depends_on=[tenancy])
    return catalog.RetrainingReceiver(f"receiver-{region}", args, options)


def retraining_token(stack: str) -> pulumi.Output[str]:
    """Return what Alertmanagers show and receivers expect; a preview may do without it, an update may not."""
    return secret_of(
        stack,
        Secret.RETRAINING_TOKEN,
        "nothing that may call a receiver has a token",
        "a secret, the same in the platform's stack and its teams'",
    )


def ledger_of(stack: str) -> RetrainingLedger:
    """Return where runs are recorded: a receiver starts none that is not."""
    known = collector()
    if known is not None:
        ledger: RetrainingLedger = {"url": known.at("/v1/entries"), "token": known.token}
        if known.authority:
            ledger["authority"] = known.authority
        return ledger
    later: pulumi.Output[str] = later_known(
        "the receiver has nowhere to record runs, and would start none",
        f"no {AUDIT_URL} and {AUDIT_TOKEN_FILE} in the job that deploys {stack}",
        "where the ledger's collector is, and the file with its token",
        "set both as for the platform's stack (docs/guides/azure.md); in a sandbox `headgate env` does",
    )
    return {"url": later, "token": later}
