"""ManagedOnlineEndpoint on Azure ML: an endpoint without a public address, and one or two versions behind it.

They run on machines of the service, or in a cluster that is attached to the workspace. Models come from the registry,
by their asset id there. Azure sends traffic to versions that are there already and to no other, so a version is made in
one update and gets its share in a later one.
"""

from typing import Optional

import pulumi
from pulumi_azure_native import machinelearningservices as learning

from components import names
from components.azure.guard import Guard
from components.azure.learning_job import LearningJob, Program, attachment, serving_environments
from components.contract.managed_online import ManagedOnlineEndpointArgs, OnlineAttachment, OnlineVersion

_INSTANCES, _SECONDS, _AT_ONCE, _WHOLE = 2, 5, 1, 100


class ManagedOnlineEndpoint(pulumi.ComponentResource):
    """A model that answers on the machine-learning service, or in a cluster that is attached to it."""

    endpoint: pulumi.Output[str]
    """Name of the endpoint."""
    scoring_uri: pulumi.Output[str]
    """Where it is asked, from inside the network."""

    def __init__(
        self,
        name: str,
        args: ManagedOnlineEndpointArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ManagedOnlineEndpoint", name, dict(args), opts)
        _refuse_what_azure_would(args)
        self._name = name
        self._args = args
        self._team = args["ownership"]["team"]
        self._guard = Guard(self, name, args)

        job = LearningJob(name, args["endpoint"], self._team, args["place"], self._guard)
        cluster = attachment(job, args["attached"], args["identity"]).id if "attached" in args else None
        endpoint = self._endpoint(cluster)
        asked = {version["runtime_image"]: version.get("environment_version") for version in args["versions"]}
        programs = serving_environments(job, asked)
        for version in args["versions"]:
            self._deployment(version, endpoint, programs[version["runtime_image"]])

        self.endpoint = endpoint.name
        self.scoring_uri = endpoint.properties.scoring_uri
        self.register_outputs({"endpoint": self.endpoint, "scoring_uri": self.scoring_uri})

    def _endpoint(self, cluster: pulumi.Output[str] | None) -> learning.OnlineEndpoint:
        """Make what is asked: by identities alone, from inside the network."""
        args = self._args
        endpoint = learning.OnlineEndpoint(
            f"{self._name}-endpoint",
            endpoint_name=names.learning_endpoint(
                args["organisation"], self._guard.environment, self._team, args["endpoint"]
            ),
            workspace_name=args["place"]["workspace"],
            resource_group_name=args["place"]["resource_group"],
            location=args["place"]["region"],
            kind="Managed" if cluster is None else "Kubernetes",
            identity={"type": "UserAssigned", "user_assigned_identities": [args["identity"]["id"]]},
            properties={
                # The directory's tokens are for machines of the service alone; in a cluster there are Azure ML's own,
                # which end after an hour. Keys, which never do, open neither.
                "auth_mode": "AADToken" if cluster is None else "AMLToken",
                "compute": cluster,
                "description": f"Answers for {args['endpoint']}.",
                "public_network_access": "Disabled",
                "traffic": args.get("traffic", {}),
            },
            tags=self._guard.tags,
            opts=pulumi.ResourceOptions.merge(
                self._guard.options(),
                # The service changes neither in place, and another one has the same name.
                pulumi.ResourceOptions(
                    replace_on_changes=["properties.authMode", "properties.compute"], delete_before_replace=True
                ),
            ),
        )
        self._guard.attend("endpoint", endpoint, workspace_id=args.get("workspace_id"), granted=True)
        return endpoint

    def _deployment(
        self, version: OnlineVersion, endpoint: learning.OnlineEndpoint, program: Program
    ) -> learning.OnlineDeployment:
        """Say what serves, with which model."""
        args = self._args
        return learning.OnlineDeployment(
            f"{self._name}-{version['name']}",
            deployment_name=version["name"],
            endpoint_name=endpoint.name,
            workspace_name=args["place"]["workspace"],
            resource_group_name=args["place"]["resource_group"],
            location=args["place"]["region"],
            kind="Kubernetes" if "attached" in args else "Managed",
            sku={"name": "Default", "capacity": version.get("instances", _INSTANCES)},
            properties=self._serving(version, program.id),
            tags=self._guard.tags,
            opts=pulumi.ResourceOptions.merge(
                self._guard.options(depends_on=[program.version]),
                # Azure deletes no version that still has traffic, but takes all away with their endpoint.
                pulumi.ResourceOptions(deleted_with=endpoint, replace_on_changes=["properties.endpointComputeType"]),
            ),
        )

    def _serving(
        self, version: OnlineVersion, program: pulumi.Output[str]
    ) -> learning.ManagedOnlineDeploymentArgs | learning.KubernetesOnlineDeploymentArgs:
        """Say what it runs in: a class, since of several kinds the SDK takes a mapping's keys as they are."""
        args = self._args
        requests = learning.OnlineRequestSettingsArgs(
            request_timeout=f"PT{args.get('request_seconds', _SECONDS)}S",
            max_concurrent_requests_per_instance=args.get("requests_at_once", _AT_ONCE),
        )
        fixed = learning.DefaultScaleSettingsArgs(scale_type="Default")
        if "attached" in args:
            return learning.KubernetesOnlineDeploymentArgs(
                endpoint_compute_type="Kubernetes",
                environment_id=program,
                model=version["model_id"],
                # The one that the extension brings; left out, the SDK writes a machine size.
                instance_type="defaultinstancetype",
                container_resource_requirements=_resources(args["attached"]),
                request_settings=requests,
                scale_settings=fixed,
                app_insights_enabled=False,
            )
        return learning.ManagedOnlineDeploymentArgs(
            endpoint_compute_type="Managed",
            environment_id=program,
            model=version["model_id"],
            instance_type=args["machines"]["size"],
            request_settings=requests,
            scale_settings=fixed,
            app_insights_enabled=False,
        )


def _resources(place: OnlineAttachment) -> learning.ContainerResourceRequirementsArgs:
    """Return what a pod gets: requests and limits are equal, so that neighbours can't starve it."""
    each = learning.ContainerResourceSettingsArgs(
        cpu=place["cpu"], memory=place["memory"], gpu=str(place["gpus"]) if place.get("gpus") else None
    )
    return learning.ContainerResourceRequirementsArgs(container_resource_limits=each, container_resource_requests=each)


def _refuse_what_azure_would(args: ManagedOnlineEndpointArgs) -> None:
    """Refuse what the service would only refuse in the middle of an update."""
    made = [version["name"] for version in args["versions"]]
    if len({*made}) != len(made) or not made:
        raise ValueError(f"versions: one or more, each with a name of its own; found {made}")
    asked = {(version["runtime_image"], version.get("environment_version")) for version in args["versions"]}
    if len({image for image, _ in asked}) != len(asked):
        raise ValueError("versions: one image in two versions of the environment; give both the same one")
    if "machines" not in args and "attached" not in args:
        raise ValueError("machines, attached: give one of the two")
    traffic = args.get("traffic", {})
    if strangers := sorted(traffic.keys() - {*made}):
        raise ValueError(f"traffic: {', '.join(strangers)} is none of the versions {', '.join(made)}")
    known = [share for share in traffic.values() if isinstance(share, int)]
    if len(known) == len(traffic) and sum(known) not in {0, _WHOLE}:
        raise ValueError(f"traffic: {sum(known)} percent in all; give {_WHOLE}, or none")
