"""Contract of TrainingPipeline: what makes new versions of a model, and when.

A pipeline's output is a candidate in the registry. There is no argument for a stage, a tag or a deployment: how a
candidate becomes a version that serves is the registry's business, with its evaluations and approvals.
"""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class DriftTrigger(TypedDict):
    """Train again when what the model sees has moved away from what it was trained on."""

    alert: str
    """Name of the alert that asks for it."""
    above: float
    """Drift at which the alert fires: population stability index."""


class DataTrigger(TypedDict):
    """Train again when new data has arrived."""

    path: str
    """Where it arrives, as a URI without any credential in it."""
    after_files: int
    """New files that are enough."""


class RetrainingTriggers(TypedDict):
    """What has a model trained again. Each that is left out does not; by hand is always possible."""

    schedule: NotRequired[str]
    """Timetable in cron's form."""
    time_zone: NotRequired[str]
    """Time zone of the timetable; Etc/UTC by default."""
    drift: NotRequired[DriftTrigger]
    """Drift of the model that serves."""
    data: NotRequired[DataTrigger]
    """Arrival of data."""


class TrainingPipelineArgs(TypedDict):
    """What TrainingPipeline takes."""

    ownership: Ownership
    """Who answers for it; its team is part of where candidates go."""
    namespace: pulumi.Input[str]
    """Namespace of the team."""
    pipeline: str
    """Name of the pipeline; no model of the team has the same."""
    model: str
    """Name of the model that it makes candidates of."""
    registry: str
    """Registry that takes the candidates, under candidates/<team>/<model>, from where nothing is served."""
    trainer_image: pulumi.Input[str]
    """The program that trains, by digest: the environment and the code in one."""
    dataset: pulumi.Input[str]
    """Training data, as a URI without any credential in it."""
    triggers: RetrainingTriggers
    """What starts it."""
    cpu: pulumi.Input[str]
    """CPUs of the pod: request and limit."""
    memory: pulumi.Input[str]
    """Memory of the pod: request and limit."""
    gpus: NotRequired[int]
    """GPUs of the pod; 0 by default."""
    scratch: NotRequired[pulumi.Input[str]]
    """Disk for checkpoints and the model being made; 20Gi by default."""
    active: NotRequired[bool]
    """Whether this cluster keeps the timetable; off in a standby, which holds the pipeline ready. On by default."""
    deadline_minutes: NotRequired[int]
    """Minutes after which a run is ended; 1440 by default."""
    retries: NotRequired[int]
    """Times that a run is tried again; 1 by default. A drained node counts for none."""
    priority: NotRequired[str]
    """Priority class of the pod; `headgate-training` by default: serving and scoring go before it."""
    queue: NotRequired[str]
    """Local queue of Kueue that admits the run, in a cluster that has Kueue; none by default."""
    networks: NotRequired[list[str]]
    """Address ranges that the pod reaches on port 443: data and registry. None by default."""
    client_id: NotRequired[pulumi.Input[str]]
    """Application id of the identity that reads data and pushes candidates, by workload identity; none by default."""
