"""What work on Azure ML has in common: a compute that is empty when idle, or a cluster; an environment by digest."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization
from pulumi_azure_native import machinelearningservices as learning

from components import names
from components.azure.guard import Guard
from components.contract.learning import JobIdentity, LearningNodes, LearningPlace
from components.contract.managed_online import OnlineAttachment

_IDLE_MINUTES = 5
_PORT = 8080


@dataclass(frozen=True)
class LearningJob:
    """One job of a team in a workspace, and what its resources share."""

    logical: str
    purpose: str
    team: str
    place: LearningPlace
    guard: Guard


@dataclass(frozen=True)
class Program:
    """A version of an environment, and its id, which a preview knows: the gates see there what is to run.

    What names the id must wait for the version by itself.
    """

    version: learning.EnvironmentVersion
    id: pulumi.Output[str]


def compute(job: LearningJob, nodes: LearningNodes, identity: JobIdentity) -> learning.Compute:
    """Make a compute that has no machine while there is no job: no public address, no login, no key."""
    return learning.Compute(
        f"{job.logical}-compute",
        compute_name=names.learning_compute(job.team, job.purpose),
        workspace_name=job.place["workspace"],
        resource_group_name=job.place["resource_group"],
        location=job.place["region"],
        identity={"type": "UserAssigned", "user_assigned_identities": [identity["id"]]},
        # A class, not a mapping: where several kinds are possible, the SDK takes a mapping's keys as they are.
        properties=learning.AmlComputeArgs(
            compute_type="AmlCompute",
            compute_location=job.place["region"],
            disable_local_auth=True,
            properties=learning.AmlComputePropertiesArgs(
                os_type="Linux",
                vm_size=nodes["size"],
                vm_priority="LowPriority" if nodes.get("spot", False) else "Dedicated",
                enable_node_public_ip=False,
                isolated_network=False,
                remote_login_port_public_access="Disabled",
                scale_settings=learning.ScaleSettingsArgs(
                    min_node_count=0,
                    max_node_count=nodes["max"],
                    node_idle_time_before_scale_down=f"PT{nodes.get('idle_minutes', _IDLE_MINUTES)}M",
                ),
            ),
        ),
        tags=job.guard.tags,
        opts=pulumi.ResourceOptions.merge(
            job.guard.options(),
            # The service changes neither in place; nothing is kept on a compute, so another takes its name.
            pulumi.ResourceOptions(
                replace_on_changes=["properties.properties.vmSize", "properties.properties.vmPriority"],
                delete_before_replace=True,
            ),
        ),
    )


def attachment(job: LearningJob, cluster: OnlineAttachment, identity: JobIdentity) -> learning.Compute:
    """Make a namespace of a cluster a place of the workspace; the cluster itself is left as it is."""
    return learning.Compute(
        f"{job.logical}-attachment",
        compute_name=names.learning_compute(job.team, job.purpose),
        workspace_name=job.place["workspace"],
        resource_group_name=job.place["resource_group"],
        location=job.place["region"],
        identity={"type": "UserAssigned", "user_assigned_identities": [identity["id"]]},
        properties=learning.KubernetesArgs(
            compute_type="Kubernetes",
            compute_location=job.place["region"],
            resource_id=cluster["cluster_id"],
            disable_local_auth=True,
            properties=learning.KubernetesPropertiesArgs(namespace=cluster["namespace"]),
        ),
        tags=job.guard.tags,
        opts=pulumi.ResourceOptions.merge(
            job.guard.options(),
            # The service changes neither in place; nothing is kept here, so another takes its name.
            pulumi.ResourceOptions(
                replace_on_changes=["properties.resourceId", "properties.properties.namespace"],
                delete_before_replace=True,
            ),
        ),
    )


def environment(job: LearningJob, image: str, version: str | None) -> Program:
    """Make an environment of one image, in the version that the image's digest names unless it is told."""
    return _version(job, _container(job), (image, version), f"{job.logical}-environment-version", None)


def serving_environments(job: LearningJob, versions: Mapping[str, str | None]) -> dict[str, Program]:
    """Make an environment of images that answer requests, by the Open Inference Protocol."""
    container = _container(job)
    asked = learning.InferenceContainerPropertiesArgs(
        liveness_route=learning.RouteArgs(path="/v2/health/live", port=_PORT),
        readiness_route=learning.RouteArgs(path="/v2/health/ready", port=_PORT),
        scoring_route=learning.RouteArgs(path="/v2", port=_PORT),
    )
    return {
        image: _version(
            job, container, (image, version), f"{job.logical}-environment-{names.short_digest(image)}", asked
        )
        for image, version in versions.items()
    }


def _container(job: LearningJob) -> learning.EnvironmentContainer:
    """Make what holds an environment's versions."""
    return learning.EnvironmentContainer(
        f"{job.logical}-environment",
        name=names.learning_asset(job.team, job.purpose),
        workspace_name=job.place["workspace"],
        resource_group_name=job.place["resource_group"],
        properties={"description": f"Programs of {job.purpose}, by digest.", "tags": job.guard.tags},
        opts=job.guard.options(),
    )


def _version(
    job: LearningJob,
    container: learning.EnvironmentContainer,
    program: tuple[str, str | None],
    logical: str,
    asked: learning.InferenceContainerPropertiesArgs | None,
) -> Program:
    image, version = program[0], program[1] or names.short_digest(program[0])
    made = learning.EnvironmentVersion(
        logical,
        name=names.learning_asset(job.team, job.purpose),
        version=version,
        workspace_name=job.place["workspace"],
        resource_group_name=job.place["resource_group"],
        properties={
            "image": image,
            "os_type": "Linux",
            "auto_rebuild": "Disabled",
            "tags": job.guard.tags,
            **({} if asked is None else {"inference_config": asked}),
        },
        opts=pulumi.ResourceOptions.merge(
            job.guard.options(depends_on=[container]),
            # The workspace is locked, so a version that another one follows can't go; its container takes it along.
            pulumi.ResourceOptions(retain_on_delete=True),
        ),
    )
    return Program(made, _version_id(job, version))


def _version_id(job: LearningJob, version: str) -> pulumi.Output[str]:
    """Return the id that a version will have; which subscription it is in, the provider knows without asking Azure."""
    caller = authorization.get_client_config_output(pulumi.InvokeOutputOptions(parent=job.guard.options().parent))
    place = pulumi.Output.all(caller.subscription_id, job.place["resource_group"], job.place["workspace"])
    name = names.learning_asset(job.team, job.purpose)
    return place.apply(
        lambda at: (
            f"/subscriptions/{at[0]}/resourceGroups/{at[1]}/providers/Microsoft.MachineLearningServices"
            f"/workspaces/{at[2]}/environments/{name}/versions/{version}"
        )
    )
