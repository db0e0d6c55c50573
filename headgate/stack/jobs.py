"""What a team runs that ends: batch scoring, and the training of candidates."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from headgate.stack.image import Image
from headgate.stack.places import DataUri, PrivateRange
from headgate.stack.sizes import Program, Resources
from headgate.stack.timetable import Cron, TimeZone
from headgate.stack.values import Digest, Label, Memory, RegionName, SemanticVersion, Settings

Minutes = Annotated[int, Field(ge=1, le=10080)]
Retries = Annotated[int, Field(ge=0, le=10)]


class BatchJob(Settings):
    """One model that scores data in the background, through the same gates as one that serves."""

    PER_ENVIRONMENT: ClassVar[frozenset[str]] = frozenset(
        {"source", "target", "schedule", "time_zone", "region", "shards", "parallel", "networks"}
    )

    name: Label
    """Name of the job; no model of the team has the same."""
    model: Label
    """Model in the registry (models/<team>/<model>)."""
    version: SemanticVersion
    """Version, for people; the digest decides what runs."""
    digest: Digest
    """Digest that `headgate model push` printed for this version."""
    runtime: Program
    """Program that scores with it."""
    source: DataUri
    """Data to score."""
    target: DataUri
    """Where the scores go."""
    schedule: Cron | None = None
    """Timetable, in cron's five fields; left out, the job waits until it is asked for."""
    time_zone: TimeZone = "Etc/UTC"
    """Time zone of the timetable."""
    region: RegionName | None = None
    """Region that runs it; the others hold it ready. The platform's first by default."""
    resources: Resources
    """What each pod gets."""
    shards: Annotated[int, Field(ge=1, le=1000)] = 1
    """Pods that share the data."""
    parallel: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Most pods at once; all shards by default."""
    deadline_minutes: Minutes = 360
    """Minutes after which a run is ended."""
    retries: Retries = 3
    """Times that each shard is tried again."""
    networks: list[PrivateRange] = Field(default=[], max_length=20)
    """Address ranges that it may reach on port 443 beside the platform's private endpoints."""


class DriftTrigger(Settings):
    """Train again when what the model sees has moved away from what it was trained on."""

    alert: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]{2,63}$")] = "ModelFeatureDrift"
    """Name of the alert that asks for it."""
    above: Annotated[float, Field(gt=0, le=10)] = 0.2
    """Population stability index at which it fires."""


class DataTrigger(Settings):
    """Train again when new data has arrived."""

    path: DataUri
    """Where it arrives."""
    after_files: Annotated[int, Field(ge=1, le=1000000)] = 1
    """New files that are enough."""


class RetrainingTriggers(Settings):
    """What has a model trained again; without any it is done by hand."""

    schedule: Cron | None = None
    """Timetable, in cron's five fields."""
    time_zone: TimeZone = "Etc/UTC"
    """Time zone of the timetable."""
    drift: DriftTrigger | None = None
    """Drift of the model that serves."""
    data: DataTrigger | None = None
    """Arrival of data."""


class RetrainingReceiver(Image):
    """What starts the team's pipelines when an alert of drift stands or data has arrived, where they train."""

    PER_ENVIRONMENT: ClassVar[frozenset[str]] = frozenset({"replicas"})

    replicas: Annotated[int, Field(ge=1, le=5)] = 2
    """Pods; two that hear the same start one run."""


class Pipeline(Settings):
    """What makes candidates of one model. No setting leads past the registry: a candidate is all that comes out."""

    PER_ENVIRONMENT: ClassVar[frozenset[str]] = frozenset({"dataset", "triggers", "region", "networks"})

    name: Label
    """Name of the pipeline; no model of the team has the same."""
    model: Label
    """Model that it makes candidates of (candidates/<team>/<model> in the registry)."""
    trainer: Program
    """Program that trains: environment and code in one."""
    dataset: DataUri
    """Training data."""
    triggers: RetrainingTriggers = RetrainingTriggers()
    """What starts it."""
    region: RegionName | None = None
    """Region that trains; the others hold the pipeline ready. The platform's first by default."""
    resources: Resources
    """What the pod gets."""
    scratch: Memory = "20Gi"
    """Disk for checkpoints."""
    deadline_minutes: Minutes = 1440
    """Minutes after which a run is ended."""
    retries: Retries = 1
    """Times that a run is tried again."""
    networks: list[PrivateRange] = Field(default=[], max_length=20)
    """Address ranges that it may reach on port 443 beside the platform's private endpoints."""
