"""ManagedBatchScoring on Azure ML: an endpoint for batches, the deployment behind it, machines only while it works.

The model comes from the registry, by its asset id there. An endpoint's default deployment can be set only once the
deployment exists: callers name it (`azureml-model-deployment`), so that a second one beside it changes nothing.
"""

from typing import Optional

import pulumi
from pulumi_azure_native import machinelearningservices as learning

from components import names
from components.azure.guard import Guard
from components.azure.learning_job import LearningJob, Program, compute, environment
from components.contract.managed_batch import ManagedBatchScoringArgs


class ManagedBatchScoring(pulumi.ComponentResource):
    """A model that scores data on the machine-learning service, when it is called."""

    endpoint: pulumi.Output[str]
    """Name of the endpoint that is called."""
    deployment: pulumi.Output[str]
    """Name of the deployment that callers ask for."""

    def __init__(
        self,
        name: str,
        args: ManagedBatchScoringArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ManagedBatchScoring", name, dict(args), opts)
        self._name = name
        self._args = args
        self._team = args["ownership"]["team"]
        self._guard = Guard(self, name, args)

        job = LearningJob(name, args["job"], self._team, args["place"], self._guard)
        machines = compute(job, args["nodes"], args["identity"])
        program = environment(job, args["runtime_image"], args.get("environment_version"))
        endpoint = self._endpoint()
        deployment = self._deployment(endpoint, machines.id, program)

        self.endpoint = endpoint.name
        self.deployment = deployment.name
        self.register_outputs({"endpoint": self.endpoint, "deployment": self.deployment})

    def _endpoint(self) -> learning.BatchEndpoint:
        """Make what is called: by identities alone."""
        args = self._args
        return learning.BatchEndpoint(
            f"{self._name}-endpoint",
            endpoint_name=names.learning_endpoint(
                args["organisation"], self._guard.environment, self._team, args["job"]
            ),
            workspace_name=args["place"]["workspace"],
            resource_group_name=args["place"]["resource_group"],
            location=args["place"]["region"],
            identity={"type": "UserAssigned", "user_assigned_identities": [args["identity"]["id"]]},
            properties={"auth_mode": "AADToken", "description": f"Scores {args['job']} in the background."},
            tags=self._guard.tags,
            opts=self._guard.options(),
        )

    def _deployment(
        self, endpoint: learning.BatchEndpoint, compute_id: pulumi.Output[str], program: Program
    ) -> learning.BatchDeployment:
        """Say what works behind it."""
        args = self._args
        return learning.BatchDeployment(
            f"{self._name}-deployment",
            deployment_name="default",
            endpoint_name=endpoint.name,
            workspace_name=args["place"]["workspace"],
            resource_group_name=args["place"]["resource_group"],
            location=args["place"]["region"],
            properties={
                "compute": compute_id,
                "environment_id": program.id,
                "model": learning.IdAssetReferenceArgs(reference_type="Id", asset_id=args["model_id"]),
                "resources": {"instance_count": args["nodes"]["max"]},
                "max_concurrency_per_instance": 1,
                "mini_batch_size": float(args.get("files_at_once", 10)),
                "retry_settings": {
                    "max_retries": args.get("retries", 3),
                    "timeout": f"PT{args.get('part_minutes', 30)}M",
                },
                "error_threshold": args.get("failures", 0),
                "output_action": "AppendRow",
                "output_file_name": "scores.jsonl",
                "logging_level": "Info",
            },
            tags=self._guard.tags,
            opts=self._guard.options(depends_on=[program.version]),
        )
