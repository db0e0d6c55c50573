"""The telemetry layer: what a platform measures and who is told, and what a team promises of its models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from components import catalog, names
from headgate.stack import Model, region_catalogue
from infra.layers.cluster import Cluster
from infra.layers.platform import SharedPlatform
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.monitoring import EscalationStep, ModelMonitoringArgs, MonitoringStackArgs
    from headgate.stack.language import LanguageModel
    from headgate.stack.monitoring import EscalationStep as AskedStep


def build_monitoring(
    settings: Settings, foundation: catalog.PlatformFoundation, clusters: dict[str, Cluster]
) -> catalog.MonitoringStack:
    """Build it in the primary region, over every cluster that serves."""
    platform = settings.stack.platform
    asked = platform.monitoring
    home = platform.regions[0].name
    args: MonitoringStackArgs = {
        "organisation": platform.organisation,
        "ownership": settings.ownership,
        "resource_group": foundation.resource_group,
        "region": home,
        "clusters": [{"name": region.name, "cluster_id": clusters[region.name].id} for region in platform.serving],
        "standby": [region.name for region in platform.standby],
        "workspace_id": foundation.workspace_id,
        "escalation": [_step(step) for step in asked.escalation],
        "runbooks": asked.runbooks,
        "dashboards": asked.dashboards,
        "zone_redundant": bool(region_catalogue()[home].zones),
        "protect": platform.protect,
        "guarding": {
            "lock": platform.lock,
            "private_access": [ground.private_network for ground in foundation.regions.values()],
        },
    }
    if asked.quiet_hours is not None:
        hours = asked.quiet_hours
        args["quiet_hours"] = {"start": hours.start, "end": hours.end, "time_zone": str(hours.time_zone)}
    return catalog.MonitoringStack("monitoring", args)


def _step(step: AskedStep) -> EscalationStep:
    """Say who is told at a step."""
    told: EscalationStep = {
        "name": step.name,
        "after_minutes": step.after_minutes,
        "emails": list(step.emails),
        "phones": [{"country_code": phone.country, "number": phone.number} for phone in step.phones],
        "webhooks": list(step.webhooks),
    }
    if step.tickets is not None:
        told["tickets"] = {
            "workspace_id": step.tickets.workspace_id,
            "connection_id": step.tickets.connection_id,
            "region": step.tickets.region,
            "ticket": step.tickets.ticket,
        }
    return told


def build_model_monitoring(settings: Settings, shared: SharedPlatform) -> dict[str, catalog.ModelMonitoring]:
    """Build each model's objectives, once for all regions: users do not care which one failed them."""
    team = settings.stack.team
    models: tuple[Model | LanguageModel, ...] = (*team.models, *team.language_models)
    return {model.name: _monitor(settings, shared, model) for model in models}


def _monitor(settings: Settings, shared: SharedPlatform, model: Model | LanguageModel) -> catalog.ModelMonitoring:
    """Build one model's; of a language model no latency is promised but that of its first token."""
    alerting = shared.alerting
    args: ModelMonitoringArgs = {
        "ownership": settings.ownership,
        "resource_group": alerting.resource_group,
        "region": alerting.region,
        "metrics_workspace_id": alerting.metrics_workspace,
        "namespace": names.namespace(settings.stack.team.name),
        "model": model.name,
        "availability_percent": model.availability_percent,
        "action_groups": alerting.action_groups,
        "escalation": [
            {"name": step.name, "after_minutes": step.after_minutes} for step in alerting.settings.escalation
        ],
        "runbooks": alerting.settings.runbooks,
    }
    if isinstance(model, Model):
        args["latency_objective_ms"] = model.latency_objective_ms
    else:
        args["quality"] = False
    return catalog.ModelMonitoring(f"{model.name}-monitoring", args)


def build_objectives(settings: Settings, shared: SharedPlatform) -> catalog.ServiceObjectives | None:
    """Build the objectives that a team states by itself, where it does."""
    alerting = shared.alerting
    if not settings.stack.objectives:
        return None
    return catalog.ServiceObjectives(
        "objectives",
        {
            "ownership": settings.ownership,
            "resource_group": alerting.resource_group,
            "region": alerting.region,
            "metrics_workspace_id": alerting.metrics_workspace,
            "documents": [json.dumps(document) for document in settings.stack.objectives],
            "action_groups": alerting.action_groups,
            "escalation": [
                {"name": step.name, "after_minutes": step.after_minutes} for step in alerting.settings.escalation
            ],
            "runbooks": alerting.settings.runbooks,
        },
    )
