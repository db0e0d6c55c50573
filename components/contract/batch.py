"""Contract of BatchScoring: a model that scores data in the background, by timetable or on demand."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class BatchScoringArgs(TypedDict):
    """What BatchScoring takes."""

    ownership: Ownership
    """Who answers for it."""
    namespace: pulumi.Input[str]
    """Namespace of the team."""
    job: str
    """Name of the job; no model of the team has the same."""
    model: str
    """Name of the model that scores."""
    version: pulumi.Input[str]
    """Version, for people; the digest decides what runs."""
    model_image: pulumi.Input[str]
    """The model as an OCI artifact: registry/models/<team>/<name>@sha256:…; mounted as an image volume."""
    runtime_image: pulumi.Input[str]
    """The program that scores with it, by digest."""
    source: pulumi.Input[str]
    """Where the data to score is, as a URI without any credential in it."""
    target: pulumi.Input[str]
    """Where the scores go, as a URI without any credential in it."""
    cpu: pulumi.Input[str]
    """CPUs of a pod: request and limit."""
    memory: pulumi.Input[str]
    """Memory of a pod: request and limit."""
    gpus: NotRequired[int]
    """GPUs of a pod; 0 by default."""
    schedule: NotRequired[pulumi.Input[str]]
    """Timetable in cron's form; none by default: the job waits until it is asked for."""
    time_zone: NotRequired[pulumi.Input[str]]
    """Time zone of the timetable; Etc/UTC by default."""
    active: NotRequired[bool]
    """Whether this cluster keeps the timetable; off in a standby, which holds the job ready. On by default."""
    shards: NotRequired[int]
    """Pods that share the data, each told its part; 1 by default."""
    parallel: NotRequired[int]
    """Most pods at once; all shards by default."""
    deadline_minutes: NotRequired[int]
    """Minutes after which a run is ended; 360 by default."""
    retries: NotRequired[int]
    """Times that each shard is tried again; 3 by default. A drained node counts for none."""
    priority: NotRequired[str]
    """Priority class of the pods; `headgate-batch` by default, which serving pods go before."""
    queue: NotRequired[str]
    """Local queue of Kueue that admits the job, in a cluster that has Kueue; none by default."""
    networks: NotRequired[list[str]]
    """Address ranges that the pods reach on port 443: where their data is. None by default."""
    client_id: NotRequired[pulumi.Input[str]]
    """Application id of the identity that reads and writes the data, by workload identity; none by default."""
