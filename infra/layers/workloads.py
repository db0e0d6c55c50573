"""The workload layer: language models in every region; jobs and pipelines in one, held ready in the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components import catalog, names
from infra.layers.platform import SharedPlatform
from infra.layers.retraining import triggers_of
from infra.layers.versions import canary_of
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.batch import BatchScoringArgs
    from components.contract.language_model import LanguageModelServingArgs
    from headgate.stack.jobs import BatchJob, Pipeline
    from headgate.stack.language import LanguageModel


def build_language_models(
    settings: Settings, platform: SharedPlatform, tenancies: dict[str, catalog.TeamTenancy]
) -> dict[str, catalog.LanguageModelServing]:
    """Deploy the language models everywhere; return one deployment of each, for the exports."""
    deployed: dict[str, catalog.LanguageModelServing] = {}
    for region, tenancy in tenancies.items():
        for model in settings.stack.team.language_models:
            made = _language_model(settings, platform, tenancy, region, model)
            deployed.setdefault(model.name, made)
    return deployed


def build_batch(
    settings: Settings, platform: SharedPlatform, tenancies: dict[str, catalog.TeamTenancy]
) -> dict[str, catalog.BatchScoring]:
    """Deploy the batch jobs everywhere, on time in one region; return that one of each, for the exports."""
    deployed: dict[str, catalog.BatchScoring] = {}
    for job in settings.stack.team.batch:
        home = job.region or platform.home
        made = {
            region: _batch(settings, platform, tenancy, region, job, active=region == home)
            for region, tenancy in tenancies.items()
        }
        deployed[job.name] = made[home]
    return deployed


def build_training(
    settings: Settings, platform: SharedPlatform, tenancies: dict[str, catalog.TeamTenancy]
) -> dict[str, catalog.TrainingPipeline]:
    """Deploy the pipelines everywhere, on time in one region; return that one of each, for the exports."""
    deployed: dict[str, catalog.TrainingPipeline] = {}
    for pipeline in settings.stack.team.training:
        home = pipeline.region or platform.home
        made = {
            region: _training(settings, platform, tenancy, region, pipeline, active=region == home)
            for region, tenancy in tenancies.items()
        }
        deployed[pipeline.name] = made[home]
    return deployed


def _language_model(
    settings: Settings, platform: SharedPlatform, tenancy: catalog.TeamTenancy, region: str, model: LanguageModel
) -> catalog.LanguageModelServing:
    """Deploy one language model in one region."""
    args: LanguageModelServingArgs = {
        "ownership": settings.ownership,
        "namespace": _namespace(settings),
        "service_account": tenancy.service_account,
        "model": model.name,
        "version": model.version,
        "model_image": _model_image(settings, platform, model.name, model.digest),
        "runtime_image": _image(platform, model.runtime.image, model.runtime.digest),
        "host": platform.host,
        "cpu": model.resources.cpu,
        "memory": model.resources.memory,
        "gpus": model.resources.gpus,
        "min_replicas": model.replicas.min,
        "max_replicas": model.replicas.max,
        "context_tokens": model.context_tokens,
        "tokens_in_flight": model.tokens_in_flight,
        "objectives": {
            "time_to_first_token_ms": model.objectives.time_to_first_token_ms,
            "tokens_per_second": model.objectives.tokens_per_second,
        },
        "spending": {
            "tokens_per_minute": model.spending.tokens_per_minute,
            "tokens_per_month": model.spending.tokens_per_month,
        },
        "safety": {"suite": model.safety.suite, "evaluation": model.safety.evaluation},
        "content_logging": {"contents": str(model.content_logging.contents), "days": model.content_logging.days},
    }
    if model.canary is not None:
        args["canary"] = canary_of(model.canary, platform.prometheus)
    if model.rollback:
        args["rollback"] = model.rollback.record
    return catalog.LanguageModelServing(f"{model.name}-{region}", args, _in(platform, region, tenancy))


def _batch(
    settings: Settings,
    platform: SharedPlatform,
    tenancy: catalog.TeamTenancy,
    region: str,
    job: BatchJob,
    *,
    active: bool,
) -> catalog.BatchScoring:
    """Deploy one batch job in one region."""
    args: BatchScoringArgs = {
        "ownership": settings.ownership,
        "namespace": _namespace(settings),
        "job": job.name,
        "model": job.model,
        "version": job.version,
        "model_image": _model_image(settings, platform, job.model, job.digest),
        "runtime_image": _image(platform, job.runtime.image, job.runtime.digest),
        "source": job.source,
        "target": job.target,
        "cpu": job.resources.cpu,
        "memory": job.resources.memory,
        "gpus": job.resources.gpus,
        "time_zone": job.time_zone,
        "active": active,
        "shards": job.shards,
        "parallel": job.parallel or job.shards,
        "deadline_minutes": job.deadline_minutes,
        "retries": job.retries,
        "networks": [*platform.private_ranges, *job.networks],
    }
    if job.schedule is not None:
        args["schedule"] = job.schedule
    return catalog.BatchScoring(f"{job.name}-{region}", args, _in(platform, region, tenancy))


def _training(
    settings: Settings,
    platform: SharedPlatform,
    tenancy: catalog.TeamTenancy,
    region: str,
    pipeline: Pipeline,
    *,
    active: bool,
) -> catalog.TrainingPipeline:
    """Deploy one pipeline in one region."""
    return catalog.TrainingPipeline(
        f"{pipeline.name}-{region}",
        {
            "ownership": settings.ownership,
            "namespace": _namespace(settings),
            "pipeline": pipeline.name,
            "model": pipeline.model,
            "registry": platform.registry,
            "trainer_image": _image(platform, pipeline.trainer.image, pipeline.trainer.digest),
            "dataset": pipeline.dataset,
            "triggers": triggers_of(pipeline.triggers),
            "cpu": pipeline.resources.cpu,
            "memory": pipeline.resources.memory,
            "gpus": pipeline.resources.gpus,
            "scratch": pipeline.scratch,
            "active": active,
            "deadline_minutes": pipeline.deadline_minutes,
            "retries": pipeline.retries,
            "networks": [*platform.private_ranges, *pipeline.networks],
        },
        _in(platform, region, tenancy),
    )


def _namespace(settings: Settings) -> str:
    """Return the team's namespace by its name: every preview knows it, so rules can judge where an object is."""
    return names.namespace(settings.stack.team.name)


def _in(platform: SharedPlatform, region: str, tenancy: catalog.TeamTenancy) -> pulumi.ResourceOptions:
    """Return where it goes: nothing is deployed into a namespace that has no quota, limits and borders yet."""
    return pulumi.ResourceOptions(providers=[platform.regions[region]], depends_on=[tenancy])


def _model_image(settings: Settings, platform: SharedPlatform, model: str, digest: str) -> str:
    return _image(platform, f"models/{settings.stack.team.name}/{model}", digest)


def _image(platform: SharedPlatform, repository: str, digest: str) -> str:
    return f"{platform.registry}/{repository}@{digest}"
