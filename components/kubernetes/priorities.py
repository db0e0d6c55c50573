"""WorkloadPriorities: what scores and trains waits for what serves, and leaves when that needs the room.

Serving pods name no class: they have priority 0, and both classes are below it. Neither is below -10, where the
cluster's autoscaler begins to take pods for expendable and brings no nodes for them.
"""

from typing import Optional

import pulumi
from pulumi_kubernetes.scheduling.v1 import PriorityClass

from components.contract.priorities import WorkloadPrioritiesArgs
from components.kubernetes.labels import labels

BATCH = "headgate-batch"
TRAINING = "headgate-training"
_CLASSES = {
    BATCH: (-5, "Batch scoring: goes after serving, and before training."),
    TRAINING: (-10, "Training: goes after serving and batch scoring."),
}


class WorkloadPriorities(pulumi.ComponentResource):
    """Who goes first in a cluster when there is not room for all."""

    batch: pulumi.Output[str]
    """Priority class of batch scoring."""
    training: pulumi.Output[str]
    """Priority class of training."""

    def __init__(
        self,
        name: str,
        args: WorkloadPrioritiesArgs,
        opts: Optional[pulumi.ResourceOptions] = None,  # noqa: UP045
    ) -> None:
        super().__init__("headgate:index:WorkloadPriorities", name, dict(args), opts)
        made = {
            purpose: PriorityClass(
                f"{name}-{purpose}",
                metadata={"name": purpose, "labels": labels(args["ownership"])},
                value=value,
                description=description,
                # They wait for room; they make none by ending others.
                preemption_policy="Never",
                global_default=False,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for purpose, (value, description) in _CLASSES.items()
        }

        self.batch = made[BATCH].metadata.name
        self.training = made[TRAINING].metadata.name
        self.register_outputs({"batch": self.batch, "training": self.training})
