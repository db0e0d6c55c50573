"""The managed layer: what a team runs in the platform's machine-learning workspace instead of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components import catalog, names
from infra.layers.platform import SharedPlatform
from infra.settings import Settings

if TYPE_CHECKING:
    from components.contract.learning import JobIdentity, LearningNodes, LearningPlace
    from components.contract.managed_training import ManagedTrainingArgs
    from headgate.stack.managed import ManagedJob, ManagedNodes, ManagedPipeline


def build_managed(
    settings: Settings, platform: SharedPlatform, accesses: dict[str, catalog.TeamAccess]
) -> dict[str, dict[str, Any]]:
    """Build a team's pipelines and jobs; return what the exports say of them.

    They act as the team's identity in the workspace's region: while that region goes there is none, and they go first.
    """
    access, asked = accesses.get(platform.first), settings.stack.team.managed
    if access is None:
        return {"training": {}, "batch": {}}
    work = _Work(settings, platform, access)
    return {
        "training": {each.name: {"candidates": work.pipeline(each).candidates} for each in asked.training},
        "batch": {each.name: {"endpoint": work.job(each).endpoint} for each in asked.batch},
    }


class _Work:
    """Makes a team's work where the platform's workspace is."""

    def __init__(self, settings: Settings, platform: SharedPlatform, access: catalog.TeamAccess) -> None:
        """Take the place, and who it acts as there."""
        self._settings = settings
        self._platform = platform
        self._access = access
        self._environment = settings.ownership["environment"]

    def pipeline(self, pipeline: ManagedPipeline) -> catalog.ManagedTraining:
        """Make a pipeline."""
        args: ManagedTrainingArgs = {
            "ownership": self._settings.ownership,
            "place": self._place(),
            "nodes": _nodes(pipeline.nodes),
            "identity": self._identity(),
            "pipeline": pipeline.name,
            "model": pipeline.model,
            "trainer_image": self._image(pipeline.trainer.image, pipeline.trainer.digest),
            "command": pipeline.command,
            "dataset": pipeline.dataset,
            "time_zone": str(pipeline.time_zone),
            "deadline_minutes": pipeline.deadline_minutes,
        }
        if pipeline.schedule is not None:
            args["schedule"] = pipeline.schedule
        return catalog.ManagedTraining(f"{pipeline.name}-managed", args)

    def job(self, job: ManagedJob) -> catalog.ManagedBatchScoring:
        """Make a job that is called."""
        organisation = self._platform.organisation
        registry = names.learning_registry(organisation, self._environment)
        return catalog.ManagedBatchScoring(
            f"{job.name}-managed",
            {
                "organisation": organisation,
                "ownership": self._settings.ownership,
                "place": self._place(),
                "nodes": _nodes(job.nodes),
                "identity": self._identity(),
                "job": job.name,
                # The mirror calls a version by its digest, so what was proven is what runs.
                "model_id": names.learning_model(registry, job.model, job.digest),
                "runtime_image": self._image(job.runtime.image, job.runtime.digest),
                "files_at_once": job.files_at_once,
                "retries": job.retries,
                "part_minutes": job.part_minutes,
                "failures": job.failures,
            },
        )

    def _place(self) -> LearningPlace:
        """Return the workspace by its name, which every preview knows."""
        region = self._platform.first
        return {
            "resource_group": names.resource_group(self._environment, region),
            "workspace": names.learning_workspace(self._environment, region),
            "region": region,
        }

    def _identity(self) -> JobIdentity:
        return {"id": self._access.identity_id, "client_id": self._access.client_id}

    def _image(self, repository: str, digest: str) -> str:
        return f"{self._platform.registry}/{repository}@{digest}"


def _nodes(nodes: ManagedNodes) -> LearningNodes:
    return {"size": nodes.size, "max": nodes.max, "idle_minutes": nodes.idle_minutes, "spot": nodes.spot}
