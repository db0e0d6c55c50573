"""ManagedTraining on Azure ML: a compute without idle machines, an environment by digest, a timetable.

Does not own the workspace, the identity or the data. The job's one output is a model of the workspace: it has no place
to write to where models are served from.
"""

from typing import Optional

import pulumi
from pulumi_azure_native import machinelearningservices as learning

from components import names
from components.azure.guard import Guard
from components.azure.learning_job import LearningJob, Program, compute, environment
from components.azure.notification import TIME_ZONES
from components.contract.managed_training import ManagedTrainingArgs

_ARGUMENTS = "--dataset=${{inputs.dataset}} --output=${{outputs.candidate}}"


class ManagedTraining(pulumi.ComponentResource):
    """A pipeline that trains on the machine-learning service."""

    compute_id: pulumi.Output[str]
    """The compute."""
    environment_id: pulumi.Output[str]
    """The environment's version: program and digest."""
    candidates: pulumi.Output[str]
    """Name under which its candidates are kept in the workspace."""

    def __init__(
        self,
        name: str,
        args: ManagedTrainingArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:ManagedTraining", name, dict(args), opts)
        self._name = name
        self._args = args
        self._team = args["ownership"]["team"]
        self._guard = Guard(self, name, args)
        self._candidate = names.learning_asset(self._team, f"{args['model']}-candidate")

        job = LearningJob(name, args["pipeline"], self._team, args["place"], self._guard)
        machines = compute(job, args["nodes"], args["identity"])
        program = environment(job, args["trainer_image"], args.get("environment_version"))
        if "schedule" in args:
            self._schedule(args["schedule"], machines.id, program)

        self.compute_id = machines.id
        self.environment_id = program.version.id
        self.candidates = pulumi.Output.from_input(self._candidate)
        self.register_outputs(
            {"compute_id": self.compute_id, "environment_id": self.environment_id, "candidates": self.candidates},
        )

    def _schedule(self, schedule: str, compute_id: pulumi.Output[str], program: Program) -> None:
        """Train by timetable."""
        args = self._args
        learning.Schedule(
            f"{self._name}-schedule",
            name=names.learning_asset(self._team, args["pipeline"]),
            workspace_name=args["place"]["workspace"],
            resource_group_name=args["place"]["resource_group"],
            properties={
                "display_name": args["pipeline"],
                "description": f"Trains candidates of {args['model']}.",
                "is_enabled": args.get("active", True),
                # Classes, not mappings: where several kinds are possible, the SDK takes a mapping's keys as they are.
                "trigger": learning.CronTriggerArgs(
                    trigger_type="Cron", expression=schedule, time_zone=_zone(args.get("time_zone", "UTC"))
                ),
                "action": learning.JobScheduleActionArgs(
                    action_type="CreateJob", job_definition=self._job(compute_id, program.id)
                ),
                "tags": self._guard.tags,
            },
            opts=self._guard.options(depends_on=[program.version]),
        )

    def _job(self, compute_id: pulumi.Output[str], program: pulumi.Output[str]) -> learning.CommandJobArgs:
        """Return the job: data in, a candidate out."""
        args = self._args
        return learning.CommandJobArgs(
            job_type="Command",
            display_name=args["pipeline"],
            experiment_name=names.learning_asset(self._team, args["model"]),
            command=f"{args.get('command', '/trainer')} --model={args['model']} {_ARGUMENTS}",
            compute_id=compute_id,
            environment_id=program,
            identity=learning.ManagedIdentityArgs(identity_type="Managed", client_id=args["identity"]["client_id"]),
            inputs={
                "dataset": learning.UriFolderJobInputArgs(
                    job_input_type="uri_folder", uri=args["dataset"], mode="ReadOnlyMount"
                )
            },
            outputs={
                "candidate": learning.CustomModelJobOutputArgs(
                    job_output_type="custom_model", asset_name=self._candidate, mode="Upload"
                )
            },
            limits=learning.CommandJobLimitsArgs(
                job_limits_type="Command", timeout=f"PT{args.get('deadline_minutes', 1440)}M"
            ),
            resources=learning.JobResourceConfigurationArgs(instance_count=1),
            tags=self._guard.tags,
        )


def _zone(name: str) -> str:
    """Return a time zone as the service names it; a name of the service's own stays."""
    return TIME_ZONES.get(name, name)
