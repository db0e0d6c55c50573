"""Contract of ManagedTraining: a pipeline that trains on the machine-learning service instead of a cluster.

As of TrainingPipeline, a candidate is all that can come out: the job's output becomes a model of the workspace, and
what serves takes models from the registry alone.
"""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.guarding import Guarding
from components.contract.learning import JobIdentity, LearningNodes, LearningPlace
from components.contract.ownership import Ownership


class ManagedTrainingArgs(TypedDict):
    """What ManagedTraining takes."""

    ownership: Ownership
    """Who answers for it; its team is part of every name."""
    place: LearningPlace
    """Workspace that it runs in."""
    nodes: LearningNodes
    """Machines that are made for it."""
    identity: JobIdentity
    """Who it acts as."""
    pipeline: str
    """Name of the pipeline."""
    model: str
    """Name of the model that it makes candidates of."""
    trainer_image: str
    """The program that trains, by digest; each digest is a version of the environment."""
    environment_version: NotRequired[str]
    """Name of the environment's version; the beginning of the image's digest by default. What a locked workspace had
    once it keeps, so going back to an earlier image takes a name that was never given."""
    command: NotRequired[str]
    """Program in the image that trains; /trainer by default. It is told dataset and place of its output."""
    dataset: pulumi.Input[str]
    """Training data, as a URI without any credential in it."""
    schedule: NotRequired[str]
    """Timetable in cron's form; started by hand without one."""
    time_zone: NotRequired[str]
    """Time zone of the timetable, such as Asia/Dubai, or as the service names it; UTC by default."""
    active: NotRequired[bool]
    """Whether the timetable counts; on by default."""
    deadline_minutes: NotRequired[int]
    """Minutes after which a run is ended; 1440 by default."""
    protect: NotRequired[bool]
    """Refuse to delete or replace what holds data; nothing here does."""
    guarding: NotRequired[Guarding]
    """Private access, lock and rights; nothing here can be reached or locked by itself."""
