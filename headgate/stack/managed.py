"""What a team runs on the machine-learning service instead of a cluster: pipelines, jobs and endpoints."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from headgate.stack.jobs import Minutes, Retries
from headgate.stack.monitoring import TimeZone, TimeZoneField
from headgate.stack.places import DataUri
from headgate.stack.sizes import Program, Resources
from headgate.stack.timetable import Cron
from headgate.stack.values import Digest, Label, Settings, VmSize


class ManagedNodes(Settings):
    """Machines that are made for a job and given back after it; there is none while it does not run."""

    size: VmSize
    """Azure machine size. Another size is another compute: nothing on it is kept."""
    max: Annotated[int, Field(ge=1, le=100)] = 1
    """Most machines."""
    idle_minutes: Annotated[int, Field(ge=1, le=120)] = 5
    """Minutes without work after which a machine is given back."""
    spot: bool = False
    """Take machines that can be called back, for a fraction of the price."""


class ManagedPipeline(Settings):
    """What makes candidates of one model. A candidate is a model of the workspace, from where nothing is served."""

    PER_ENVIRONMENT: ClassVar[frozenset[str]] = frozenset({"dataset", "schedule", "time_zone", "nodes"})

    name: Label
    """Name of the pipeline; nothing else of `managed` has the same."""
    model: Label
    """Model that it makes candidates of."""
    trainer: Program
    """Program that trains, by digest; each digest is a version of the environment."""
    command: Annotated[str, Field(pattern=r"^/[^\s]+$")] = "/trainer"
    """Path of the program in its image; it is told model, dataset and where its output goes."""
    dataset: DataUri
    """Training data."""
    nodes: ManagedNodes
    """Machines that are made for it."""
    schedule: Cron | None = None
    """Timetable, in cron's five fields; left out, it is started by hand."""
    time_zone: TimeZoneField = TimeZone.UTC
    """Time zone of the timetable."""
    deadline_minutes: Minutes = 1440
    """Minutes after which a run is ended."""


class ManagedJob(Settings):
    """A model that scores data when its endpoint is called."""

    PER_ENVIRONMENT: ClassVar[frozenset[str]] = frozenset({"nodes"})

    name: Label
    """Name of the job; nothing else of `managed` has the same."""
    model: Label
    """Model in the machine-learning registry, where `headgate model mirror` puts it."""
    digest: Digest
    """Digest of the version, by which the mirror calls it."""
    runtime: Program
    """Program that scores with it, by digest; each digest is a version of the environment."""
    nodes: ManagedNodes
    """Machines that are made for it."""
    files_at_once: Annotated[int, Field(ge=1, le=10000)] = 10
    """Files that the program is given at a time."""
    retries: Retries = 3
    """Times that such a part is tried again."""
    part_minutes: Minutes = 30
    """Minutes after which a part is given up."""
    failures: Annotated[int, Field(ge=0, le=1000000)] = 0
    """Files that may fail before the whole run does."""


class ManagedVersion(Settings):
    """One version behind an endpoint."""

    PER_ENVIRONMENT: ClassVar[frozenset[str]] = frozenset({"instances"})

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,22}[a-z0-9]$")]
    """Name of the deployment, which callers may ask for; such as `blue` and `green`."""
    digest: Digest
    """Digest of the model's version, by which the mirror calls it."""
    runtime: Program
    """Program that serves it, by digest; each digest is a version of the environment."""
    traffic: Annotated[int, Field(ge=0, le=100)] = 0
    """Percent of the requests; 100 in all, or none while callers name a version. Azure sends them to versions that are
    there already: a new one gets its share in the update after the one that makes it."""
    instances: Annotated[int, Field(ge=1, le=100)] = 2
    """Machines, or pods in the cluster; they stay until the version goes."""


class ManagedEndpoint(Settings):
    """A model that answers when its endpoint is called, inside the network."""

    PER_ENVIRONMENT: ClassVar[frozenset[str]] = frozenset({"size"})

    name: Label
    """Name of the endpoint; nothing else of `managed` has the same."""
    model: Label
    """Model in the machine-learning registry, where `headgate model mirror` puts it."""
    versions: list[ManagedVersion] = Field(min_length=1, max_length=2)
    """What serves behind it: one, or two of which one is tried or taken leave of."""
    size: VmSize | None = None
    """Azure machine size; or else `in_cluster`."""
    in_cluster: Resources | None = None
    """What each pod gets, where the platform's cluster serves: its owner has installed the Azure ML extension there."""
    request_seconds: Annotated[int, Field(ge=1, le=180)] = 5
    """Seconds after which an answer is given up."""
    requests_at_once: Annotated[int, Field(ge=1, le=1000)] = 1
    """Requests that each machine or pod works on at a time."""


class Managed(Settings):
    """What runs in the platform's machine-learning workspace, in its first region, as the team's identity there."""

    training: list[ManagedPipeline] = Field(default=[], max_length=50)
    """What makes candidates of models."""
    batch: list[ManagedJob] = Field(default=[], max_length=100)
    """Models that score data in the background."""
    online: list[ManagedEndpoint] = Field(default=[], max_length=50)
    """Models that answer when they are asked."""
