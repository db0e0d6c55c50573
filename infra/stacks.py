"""Composes the layers of the two kinds of stack, and says what each exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.stack.continuity import Standing
from infra.settings import Settings

if TYPE_CHECKING:
    from components.catalog import EdgeDeployment, LanguageModelServing, ModelDeployment, MonitoringStack
    from infra.layers.cluster import Cluster


def compose(settings: Settings) -> dict[str, Any]:
    """Compose the stack's layers; return its exports."""
    return platform(settings) if settings.stack.name.is_platform else team(settings)


def platform(settings: Settings) -> dict[str, Any]:
    """Compose what the teams share."""
    from infra.layers.audit import build_audit
    from infra.layers.cluster import build_clusters
    from infra.layers.failover import build_failover
    from infra.layers.foundation import build_foundation
    from infra.layers.ledger import build_ledger
    from infra.layers.registry import build_registry
    from infra.layers.scaling import build_scaling
    from infra.layers.sites import build_sites
    from infra.layers.telemetry import build_monitoring
    from infra.standing import EXPORT, check

    check(settings)
    foundation = build_foundation(settings)
    registry = build_registry(settings, foundation)
    clusters = build_clusters(settings, foundation, registry)
    edge = build_failover(settings, foundation, clusters)
    sites = build_sites(settings, foundation)
    audit = build_audit(settings, foundation, registry, clusters, sites)
    monitoring = build_monitoring(settings, foundation, clusters)
    build_scaling(settings, clusters, monitoring)
    return {
        "endpoint": edge.endpoint,
        "edge_alias": edge.alias,
        "registry": registry.login_server,
        "gateways": {region: cluster.address for region, cluster in clusters.items()},
        "kubeconfigs": {region: cluster.kubeconfig for region, cluster in clusters.items()},
        "clusters": {region: {"id": cluster.id, "issuer": cluster.issuer} for region, cluster in clusters.items()},
        "sites": {name: site.kubeconfig for name, site in sites.items()},
        "vaults": foundation.vault_uris,
        "workspace": foundation.workspace_id,
        EXPORT: Standing.of(settings.stack.platform).export(),
        "ledgers": audit.ledger_uris,
        "ledger_writers": build_ledger(settings, clusters, audit),
        "monitoring": _watched(monitoring),
        "summary": _summary(settings, clusters),
    }


def _summary(settings: Settings, clusters: dict[str, Cluster]) -> dict[str, Any]:
    """Return what a person wants to know of a platform at a glance."""
    return {
        "environment": settings.ownership["environment"],
        "regions": list(clusters),
        "clusters": {region: cluster.name for region, cluster in clusters.items()},
        "host": settings.stack.platform.gateway.host,
    }


def team(settings: Settings) -> dict[str, Any]:
    """Compose what is one team's, in every region of its platform."""
    from infra.layers.managed import build_managed
    from infra.layers.platform import read_platform
    from infra.layers.retraining import build_receivers
    from infra.layers.serving import build_models
    from infra.layers.sites import build_edge
    from infra.layers.telemetry import build_model_monitoring, build_objectives
    from infra.layers.tenancy import build_accesses, build_tenancies
    from infra.layers.workloads import build_batch, build_language_models, build_training

    shared = read_platform(settings)
    accesses = build_accesses(settings, shared)
    tenancies = build_tenancies(settings, shared, accesses)
    deployments = build_models(settings, shared, tenancies)
    language = build_language_models(settings, shared, tenancies)
    jobs = build_batch(settings, shared, tenancies)
    pipelines = build_training(settings, shared, tenancies)
    receivers = build_receivers(settings, shared, tenancies)
    build_model_monitoring(settings, shared)
    build_objectives(settings, shared)
    edge = build_edge(settings, shared)
    return {
        "endpoint": shared.endpoint,
        "registry": shared.deployed_registry,
        "namespace": next(iter(tenancies.values())).namespace,
        **_serving(settings, deployments, language),
        "edge": {name: _served(made) for name, made in edge.items()},
        "batch": {name: {"image": made.model_image, "job": made.job} for name, made in jobs.items()},
        "training": {name: {"candidates": made.candidates, "job": made.job} for name, made in pipelines.items()},
        "retraining": {region: made.url for region, made in receivers.items()},
        "managed": build_managed(settings, shared, accesses),
        "summary": {
            "environment": settings.ownership["environment"],
            "team": settings.stack.team.name,
            "regions": list(tenancies),
            "models": [f"{model.name} {model.version}" for model in settings.stack.team.models],
        },
    }


def _serving(
    settings: Settings, models: dict[str, ModelDeployment], language: dict[str, LanguageModelServing]
) -> dict[str, Any]:
    """Return what is served in the regions."""
    return {
        "models": {
            model.name: {"version": model.version, **_served(models[model.name])}
            for model in settings.stack.team.models
        },
        "language_models": {
            name: {**_served(made), "openai_path": made.openai_path} for name, made in language.items()
        },
    }


def _watched(monitoring: MonitoringStack) -> dict[str, Any]:
    """Return what a team's stack needs of the platform's monitoring."""
    return {
        "workspace": monitoring.metrics_workspace_id,
        "query": monitoring.query_endpoint,
        "alerts_group": monitoring.alerts_group,
        "action_groups": monitoring.action_groups,
    }


def _served(made: ModelDeployment | LanguageModelServing | EdgeDeployment) -> dict[str, Any]:
    """Return what is served, and where."""
    return {"image": made.model_image, "path": made.path}
