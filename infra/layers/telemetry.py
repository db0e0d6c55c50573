"""The telemetry layer: what a platform measures and who is told, and what a team promises of its models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from components import catalog, names
from headgate.stack import Model, region_catalogue
from infra.layers.platform import SharedPlatform
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.monitoring import (
        BusinessIndicator,
        EscalationStep,
        ModelMonitoringArgs,
        MonitoringStackArgs,
        QuietHours,
        WatchThresholds,
    )
    from components.contract.objectives import ServiceObjectivesArgs
    from headgate.stack.language import LanguageModel
    from headgate.stack.monitoring import EscalationStep as AskedStep
    from headgate.stack.monitoring import Monitoring
    from headgate.stack.watch import Indicator
    from infra.layers.cluster import Cluster


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
        "escalation": escalation_of(asked),
        "runbooks": asked.runbooks,
        "dashboards": asked.dashboards,
        "zone_redundant": bool(region_catalogue()[home].zones),
        "protect": platform.protect,
        "guarding": {
            "lock": platform.lock,
            "private_access": [ground.private_network for ground in foundation.regions.values()],
        },
    }
    hours = quiet_hours_of(asked)
    if hours is not None:
        args["quiet_hours"] = hours
    return catalog.MonitoringStack("monitoring", args)


def escalation_of(asked: Monitoring) -> list[EscalationStep]:
    """Say who is told, step by step."""
    return [_step(step) for step in asked.escalation]


def quiet_hours_of(asked: Monitoring) -> QuietHours | None:
    """Say when only critical alerts are told, if ever."""
    hours = asked.quiet_hours
    if hours is None:
        return None
    return {"start": hours.start, "end": hours.end, "time_zone": str(hours.time_zone)}


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
        args["thresholds"] = _thresholds(settings, model)
        if model.watch.indicators:
            args["indicators"] = [_indicator(each) for each in model.watch.indicators]
        budget = model.watch.monthly_budget
    else:
        args["quality"] = False
        args["tokens_per_month"] = model.spending.tokens_per_month
        budget = model.spending.monthly_budget
    if budget is not None:
        args["monthly_budget"] = budget
    return catalog.ModelMonitoring(f"{model.name}-monitoring", args)


def _thresholds(settings: Settings, model: Model) -> WatchThresholds:
    """Say from when on its team is told of a model."""
    watch = model.watch
    return {
        "drift_psi": model.drifts_above(settings.stack.team.retraining_of(model)),
        "drift_ks": watch.drift_ks,
        "accuracy_drop": watch.accuracy_drop,
        "least_labels": watch.least_labels,
        "fairness_gap": watch.fairness_gap,
        "missing_ratio": watch.missing_ratio,
        "out_of_range_ratio": watch.out_of_range_ratio,
        "schema_ratio": watch.schema_ratio,
    }


def _indicator(asked: Indicator) -> BusinessIndicator:
    """Say what is judged of the business."""
    made: BusinessIndicator = {
        "name": asked.name,
        "metric": asked.metric,
        "labels": dict(asked.labels),
        "description": asked.description,
        "minutes": asked.minutes,
    }
    if asked.below is not None:
        made["below"] = asked.below
    if asked.above is not None:
        made["above"] = asked.above
    return made


def build_objectives(settings: Settings, shared: SharedPlatform) -> catalog.ServiceObjectives | None:
    """Build the objectives that a team states by itself, and its budget, where it has any."""
    alerting, team = shared.alerting, settings.stack.team
    if not settings.stack.objectives and team.monthly_budget is None:
        return None
    args: ServiceObjectivesArgs = {
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
    }
    if team.monthly_budget is not None:
        args["namespace"], args["monthly_budget"] = names.namespace(team.name), team.monthly_budget
    return catalog.ServiceObjectives("objectives", args)
