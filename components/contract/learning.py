"""What jobs on the machine-learning service have in common: where they run, and on what."""

from typing import NotRequired, TypedDict

import pulumi


class LearningPlace(TypedDict):
    """The workspace in which a team's jobs run, beside the registry."""

    resource_group: pulumi.Input[str]
    """Resource group of the workspace."""
    workspace: pulumi.Input[str]
    """Name of the workspace."""
    region: str
    """Region of the workspace, and of what runs in it."""


class LearningNodes(TypedDict):
    """Machines that are made for a job and given back after it."""

    size: str
    """Machine size. Another size is another compute: nothing on it is kept."""
    max: pulumi.Input[int]
    """Most machines; the fewest is always none."""
    idle_minutes: NotRequired[int]
    """Minutes without a job after which a machine is given back; 5 by default."""
    spot: NotRequired[bool]
    """Take machines that can be called back, for a fraction of the price; off by default."""


class JobIdentity(TypedDict):
    """Who the jobs act as: what pulls images, reads data and writes results."""

    id: pulumi.Input[str]
    """The user-assigned identity."""
    client_id: pulumi.Input[str]
    """Its application id."""
