"""TrainingPipeline: what makes candidates of a model, when something asks for it.

A candidate goes to `candidates/<team>/<model>` of the registry. Models are served from `models/…` alone, so nothing
that a pipeline pushes can serve before the registry has let it through. Does not own the namespace, the priority class
or the data; RetrainingReceiver starts the job for drift and data.
"""

from typing import Any, Optional

import pulumi
from pulumi_kubernetes.batch.v1 import CronJob

from components.contract.training import TrainingPipelineArgs
from components.kubernetes import retraining
from components.kubernetes.job_objects import job_account, job_border
from components.kubernetes.jobs import SCRATCH, Timetable, Work, cron_job
from components.kubernetes.labels import labels, pod_labels
from components.kubernetes.priorities import TRAINING


class TrainingPipeline(pulumi.ComponentResource):
    """What makes candidates of a model, in one cluster."""

    job: pulumi.Output[str]
    """The CronJob; `kubectl create job --from=cronjob/<job>` trains now."""
    candidates: pulumi.Output[str]
    """Repository that its candidates go to."""

    def __init__(
        self,
        name: str,
        args: TrainingPipelineArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:TrainingPipeline", name, dict(args), opts)
        self._args = args
        self._selector = {"app.kubernetes.io/name": args["pipeline"], "headgate.dev/training": args["pipeline"]}
        self._labels = labels(args["ownership"], model=args["model"]) | self._selector
        self._candidates = f"{args['registry']}/candidates/{args['ownership']['team']}/{args['model']}"
        options = pulumi.ResourceOptions(parent=self)

        account = job_account(name, self._metadata(), args.get("client_id"), options)
        border = job_border(name, self._metadata(), self._selector, args.get("networks", []), options)
        job = CronJob(
            f"{name}-job",
            metadata={**self._metadata(), "annotations": self._annotations()},
            spec=cron_job(self._work(), self._timetable()),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[account, border]),
        )

        self.job = job.metadata.name
        self.candidates = pulumi.Output.from_input(self._candidates)
        self.register_outputs({"job": self.job, "candidates": self.candidates})

    def _metadata(self) -> dict[str, Any]:
        return {"name": self._args["pipeline"], "namespace": self._args["namespace"], "labels": self._labels}

    def _annotations(self) -> dict[str, str]:
        """Say on the object where candidates go and what starts it, for what watches alerts and data."""
        return {"headgate.dev/candidates": self._candidates, **retraining.on_events(self._args["triggers"])}

    def _work(self) -> Work:
        """Say what the pod does: train, and push a candidate."""
        args = self._args
        return Work(
            name=args["pipeline"],
            image=args["trainer_image"],
            arguments=[
                f"--model={args['model']}",
                pulumi.Output.concat("--dataset=", args["dataset"]),
                f"--candidates={self._candidates}",
                f"--scratch={SCRATCH}",
            ],
            resources={"cpu": args["cpu"], "memory": args["memory"]},
            gpus=args.get("gpus", 0),
            priority=args.get("priority", TRAINING),
            labels=pod_labels(args["ownership"], model=args["model"]) | self._selector,
            scratch=args.get("scratch", "20Gi"),
            identity="client_id" in args,
        )

    def _timetable(self) -> Timetable:
        """Say when it runs by itself."""
        args = self._args
        return Timetable(
            schedule=args["triggers"].get("schedule"),
            time_zone=args["triggers"].get("time_zone", "Etc/UTC"),
            active=args.get("active", True),
            deadline_minutes=args.get("deadline_minutes", 1440),
            retries=args.get("retries", 1),
            queue=args.get("queue"),
        )
