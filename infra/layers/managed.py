"""The managed layer: what a team runs in the platform's machine-learning workspace instead of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components import catalog, names
from headgate.errors import HeadgateError
from headgate.stack.faults import raise_all
from infra.deployed import exports
from infra.layers.environments import EXPORT, Environments
from infra.layers.managed_online import in_service, parted, place_of, shares, was_in_service
from infra.layers.platform import SharedPlatform
from infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.contract.learning import JobIdentity, LearningNodes, LearningPlace
    from components.contract.managed_online import ManagedOnlineEndpointArgs, OnlineAttachment
    from components.contract.managed_training import ManagedTrainingArgs
    from headgate.stack.managed import ManagedEndpoint, ManagedJob, ManagedNodes, ManagedPipeline
    from headgate.stack.sizes import Resources


def build_managed(
    settings: Settings, platform: SharedPlatform, accesses: dict[str, catalog.TeamAccess]
) -> dict[str, dict[str, Any]]:
    """Build a team's pipelines, jobs and endpoints; return what the exports say of them.

    They act as the team's identity in the workspace's region: while that region goes there is none, and they go first.
    """
    access, asked = accesses.get(platform.first), settings.stack.team.managed
    stays: tuple[ManagedPipeline | ManagedJob, ...] = () if access is None else (*asked.training, *asked.batch)
    here = {each.name: _machine(each.nodes) for each in stays}
    online = () if access is None else tuple(asked.online)
    before = exports(_full(settings)).get("managed") or {}
    raise_all(parted(settings, before.get("online") or {}, online))
    if platform.locked:
        raise_all(_held(settings, platform, before, here | in_service(online)))
    if access is None:
        return {"training": {}, "batch": {}, "online": {}}
    work = _Work(settings, platform, access)
    makers: dict[str, tuple[Callable[..., dict[str, Any]], tuple[Any, ...]]] = {
        "training": (work.pipeline, tuple(asked.training)),
        "batch": (work.job, tuple(asked.batch)),
        "online": (work.endpoint, online),
    }
    return {
        section: {each.name: make(each, (before.get(section) or {}).get(each.name)) for each in wanted}
        for section, (make, wanted) in makers.items()
    }


def _held(
    settings: Settings, platform: SharedPlatform, before: dict[str, Any], here: dict[str, str]
) -> list[HeadgateError]:
    """Return what this update would delete in a workspace whose lock Azure hands on to all that is in it.

    Azure would refuse the first deletion, in the middle of the update.
    """
    name, place = settings.stack.name, names.learning_workspace(settings.ownership["environment"], platform.first)
    found = {
        work: (facts or {}).get("machine")
        for section in ("training", "batch")
        for work, facts in (before.get(section) or {}).items()
    } | was_in_service(before.get("online") or {})
    return [
        HeadgateError(
            f"`{work}` can't be deleted: {place} is locked",
            where=f"stacks/{name.file_name}",
            found=f"{work}, deployed, and no longer asked for" if work not in here else f"{work} on {machine}",
            expected="what is deployed in a locked workspace, on the machines that it has",
            fix=f"keep it (without `schedule` it does nothing); or have the platform owner write `lock: false` and "
            f"pulumi up -s {name.platform}, then this, then lock it again",
        )
        for work, machine in found.items()
        if work not in here or (machine is not None and here[work] != machine)
    ]


def _full(settings: Settings) -> str:
    """Return the stack's name, as the engine knows it."""
    return f"organization/headgate/{settings.stack.name}"


def _machine(nodes: ManagedNodes) -> str:
    """Return what makes a compute another one."""
    return f"{nodes.size}{', spot' if nodes.spot else ''}"


class _Work:
    """Makes a team's work where the platform's workspace is."""

    def __init__(self, settings: Settings, platform: SharedPlatform, access: catalog.TeamAccess) -> None:
        """Take the place, and who it acts as there."""
        self._settings = settings
        self._platform = platform
        self._access = access
        self._environment = settings.ownership["environment"]
        asked = settings.stack.team.managed
        works = asked.training or asked.batch or asked.online
        self._environments = Environments.of(_full(settings)) if works else Environments({})

    def pipeline(self, pipeline: ManagedPipeline, before: dict[str, Any] | None) -> dict[str, Any]:
        """Make a pipeline; return what is said of it."""
        logical, image = f"{pipeline.name}-managed", self._image(pipeline.trainer.image, pipeline.trainer.digest)
        environment = self._environments.named(logical, [image], before)
        args: ManagedTrainingArgs = {
            "ownership": self._settings.ownership,
            "place": self._place(),
            "nodes": _nodes(pipeline.nodes),
            "identity": self._identity(),
            "pipeline": pipeline.name,
            "model": pipeline.model,
            "trainer_image": image,
            "environment_version": environment.versions[image],
            "command": pipeline.command,
            "dataset": pipeline.dataset,
            "time_zone": str(pipeline.time_zone),
            "deadline_minutes": pipeline.deadline_minutes,
        }
        if pipeline.schedule is not None:
            args["schedule"] = pipeline.schedule
        made = catalog.ManagedTraining(logical, args)
        return {"candidates": made.candidates, "machine": _machine(pipeline.nodes), EXPORT: environment.ever}

    def job(self, job: ManagedJob, before: dict[str, Any] | None) -> dict[str, Any]:
        """Make a job that is called; return what is said of it."""
        organisation = self._platform.organisation
        logical, image = f"{job.name}-managed", self._image(job.runtime.image, job.runtime.digest)
        environment = self._environments.named(logical, [image], before)
        registry = names.learning_registry(organisation, self._environment)
        made = catalog.ManagedBatchScoring(
            logical,
            {
                "organisation": organisation,
                "ownership": self._settings.ownership,
                "place": self._place(),
                "nodes": _nodes(job.nodes),
                "identity": self._identity(),
                "job": job.name,
                # The mirror calls a version by its digest, so what was proven is what runs.
                "model_id": names.learning_model(registry, job.model, job.digest),
                "runtime_image": image,
                "environment_version": environment.versions[image],
                "files_at_once": job.files_at_once,
                "retries": job.retries,
                "part_minutes": job.part_minutes,
                "failures": job.failures,
            },
        )
        return {"endpoint": made.endpoint, "machine": _machine(job.nodes), EXPORT: environment.ever}

    def endpoint(self, endpoint: ManagedEndpoint, before: dict[str, Any] | None) -> dict[str, Any]:
        """Make an endpoint that answers; return what the next update has to know of it."""
        organisation = self._platform.organisation
        registry = names.learning_registry(organisation, self._environment)
        sent = shares(endpoint, before)
        logical = f"{endpoint.name}-managed"
        images = {each.name: self._image(each.runtime.image, each.runtime.digest) for each in endpoint.versions}
        environment = self._environments.named(logical, images.values(), before)
        args: ManagedOnlineEndpointArgs = {
            "organisation": organisation,
            "ownership": self._settings.ownership,
            "place": self._place(),
            "identity": self._identity(),
            "endpoint": endpoint.name,
            "versions": [
                {
                    "name": version.name,
                    "model_id": names.learning_model(registry, endpoint.model, version.digest),
                    "runtime_image": images[version.name],
                    "environment_version": environment.versions[images[version.name]],
                    "instances": version.instances,
                }
                for version in endpoint.versions
            ],
            "traffic": {**sent},
            "request_seconds": endpoint.request_seconds,
            "requests_at_once": endpoint.requests_at_once,
            "workspace_id": self._platform.logs(),
        }
        if endpoint.size is not None:
            args["machines"] = {"size": endpoint.size}
        if endpoint.in_cluster is not None:
            args["attached"] = self._attached(endpoint.in_cluster)
        made = catalog.ManagedOnlineEndpoint(logical, args)
        return {
            "endpoint": made.endpoint,
            "machine": place_of(endpoint),
            "versions": [version.name for version in endpoint.versions],
            "traffic": sent,
            EXPORT: environment.ever,
        }

    def _attached(self, pod: Resources) -> OnlineAttachment:
        """Return the team's namespace in the cluster of the workspace's region."""
        return {
            "cluster_id": self._platform.clusters[self._platform.first].id,
            "namespace": names.namespace(self._settings.ownership["team"]),
            "cpu": pod.cpu,
            "memory": pod.memory,
            "gpus": pod.gpus,
        }

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
