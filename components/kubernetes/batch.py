"""BatchScoring: a model that scores data in the background.

The model enters as it does when it serves: an OCI image volume by digest, judged by the same gates. Does not own the
namespace, the priority class or the data.
"""

from typing import Any, Optional

import pulumi
from pulumi_kubernetes.batch.v1 import CronJob

from components.contract.batch import BatchScoringArgs
from components.kubernetes.job_objects import job_account, job_border
from components.kubernetes.jobs import SCRATCH, SERVED, Timetable, Work, cron_job
from components.kubernetes.labels import labels, pod_labels
from components.kubernetes.priorities import BATCH


class BatchScoring(pulumi.ComponentResource):
    """A model that scores data by timetable or on demand, in one cluster."""

    job: pulumi.Output[str]
    """The CronJob; `kubectl create job --from=cronjob/<job>` runs it now."""
    model_image: pulumi.Output[str]
    """What scores, by digest."""

    def __init__(
        self,
        name: str,
        args: BatchScoringArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:BatchScoring", name, dict(args), opts)
        self._name = name
        self._args = args
        self._selector = {"app.kubernetes.io/name": args["job"], "headgate.dev/batch": args["job"]}
        self._labels = labels(args["ownership"], model=args["model"]) | self._selector
        options = pulumi.ResourceOptions(parent=self)

        account = job_account(name, self._metadata(), args.get("client_id"), options)
        border = job_border(name, self._metadata(), self._selector, args.get("networks", []), options)
        job = CronJob(
            f"{name}-job",
            metadata=self._metadata(),
            spec=cron_job(self._work(), self._timetable()),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[account, border]),
        )

        self.job = job.metadata.name
        self.model_image = pulumi.Output.from_input(args["model_image"])
        self.register_outputs({"job": self.job, "model_image": self.model_image})

    def _metadata(self) -> dict[str, Any]:
        return {"name": self._args["job"], "namespace": self._args["namespace"], "labels": self._labels}

    def _work(self) -> Work:
        """Say what a pod does: its part of the data, with this very model."""
        args = self._args
        model, shards = args["model"], args.get("shards", 1)
        return Work(
            name=args["job"],
            image=args["runtime_image"],
            arguments=[
                f"--model={model}",
                f"--model-path={SERVED}/{model}",
                pulumi.Output.concat("--source=", args["source"]),
                pulumi.Output.concat("--target=", args["target"]),
                f"--shards={shards}",
                "--shard=$(JOB_COMPLETION_INDEX)",
                f"--scratch={SCRATCH}",
            ],
            resources={"cpu": args["cpu"], "memory": args["memory"]},
            gpus=args.get("gpus", 0),
            priority=args.get("priority", BATCH),
            labels=pod_labels(args["ownership"], model=model) | self._selector,
            annotations={"headgate.dev/model-version": args["version"]},
            model=(model, args["model_image"]),
            identity="client_id" in args,
        )

    def _timetable(self) -> Timetable:
        """Say when it runs."""
        args = self._args
        return Timetable(
            schedule=args.get("schedule"),
            time_zone=args.get("time_zone", "Etc/UTC"),
            active=args.get("active", True),
            deadline_minutes=args.get("deadline_minutes", 360),
            retries=args.get("retries", 3),
            shards=args.get("shards", 1),
            parallel=args.get("parallel"),
            queue=args.get("queue"),
        )
