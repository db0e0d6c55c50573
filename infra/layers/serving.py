"""The serving layer: each of the team's models, in every region of its platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components import catalog, names
from headgate.stack import Model
from infra.layers import versions
from infra.layers.model_options import add_options
from infra.layers.platform import SharedPlatform
from infra.layers.retraining import triggers_of
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.deployment import ModelDeploymentArgs


def build_models(
    settings: Settings, platform: SharedPlatform, tenancies: dict[str, catalog.TeamTenancy]
) -> dict[str, catalog.ModelDeployment]:
    """Deploy the models everywhere; return one deployment of each, for the exports."""
    deployed: dict[str, catalog.ModelDeployment] = {}
    for region, tenancy in tenancies.items():
        for model in settings.stack.team.models:
            deployment = _deploy(settings, platform, tenancy, region, model)
            deployed.setdefault(model.name, deployment)
    return deployed


def _deploy(
    settings: Settings, platform: SharedPlatform, tenancy: catalog.TeamTenancy, region: str, model: Model
) -> catalog.ModelDeployment:
    """Deploy one model in one region, by digest and from the platform's registry alone."""
    team = settings.stack.team.name

    def image(repository: str, digest: str) -> str:
        return f"{platform.registry}/{repository}@{digest}"

    args: ModelDeploymentArgs = {
        "ownership": settings.ownership,
        # By its name, which every preview knows, so that rules can judge where an object is.
        "namespace": names.namespace(team),
        "service_account": tenancy.service_account,
        "model": model.name,
        "version": model.version,
        "model_image": image(f"models/{team}/{model.name}", model.digest),
        "runtime_image": image(model.runtime.image, model.runtime.digest),
        "host": platform.host,
        "cpu": model.resources.cpu,
        "memory": model.resources.memory,
        "gpus": model.resources.gpus,
        "min_replicas": model.replicas.min,
        "max_replicas": model.replicas.max,
        "target_cpu_percent": model.target_cpu_percent,
        "latency_objective_ms": model.latency_objective_ms,
        "strategy": versions.strategy(model, team, image, platform.prometheus),
    }
    if model.grpc:
        args["grpc_host"] = names.grpc_host(team, model.name, platform.host)
    if model.rollback:
        args["annotations"] = {"headgate.dev/rollback": model.rollback.record}
    trained_again = settings.stack.team.retraining_of(model)
    if trained_again:
        args["retraining"] = triggers_of(trained_again)
    if model.fallback:
        args["fallback"] = versions.variant(model.fallback, model, team, image)
    add_options(args, model, region, settings.ownership["environment"], platform.prometheus)
    # Nothing is deployed into a namespace that has no quota, limits and borders yet.
    options = pulumi.ResourceOptions(providers=[platform.regions[region]], depends_on=[tenancy])
    return catalog.ModelDeployment(f"{model.name}-{region}", args, options)
