"""Contract of ManagedOnlineEndpoint: a model that answers on the machine-learning service, or in a cluster of it."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.guarding import Guarding
from components.contract.learning import JobIdentity, LearningPlace
from components.contract.ownership import Ownership


class OnlineVersion(TypedDict):
    """One version of the model behind the endpoint, and the program that serves it."""

    name: str
    """Name of the deployment, which callers may ask for (`azureml-model-deployment`); `blue`, `green`."""
    model_id: str
    """Version of the model in the registry: azureml://registries/<registry>/models/<model>/versions/<version>."""
    runtime_image: str
    """The program that serves, by digest; each digest is a version of the environment."""
    environment_version: NotRequired[str]
    """Name of the environment's version; the beginning of the image's digest by default. What a locked workspace had
    once it keeps, so going back to an earlier image takes a name that was never given."""
    instances: NotRequired[pulumi.Input[int]]
    """Machines, or pods in an attached cluster; 2 by default."""


class OnlineMachines(TypedDict):
    """Machines of the service, which stay until the endpoint goes."""

    size: str
    """Machine size."""


class OnlineAttachment(TypedDict):
    """A Kubernetes cluster with the machine-learning extension, and the place there."""

    cluster_id: pulumi.Input[str]
    """The cluster."""
    namespace: str
    """Namespace in which the pods are made."""
    cpu: str
    """CPUs of a pod, requested and at most."""
    memory: str
    """Memory of a pod, requested and at most."""
    gpus: NotRequired[int]
    """GPUs of a pod; none by default."""


class ManagedOnlineEndpointArgs(TypedDict):
    """What ManagedOnlineEndpoint takes."""

    organisation: str
    """Two to eight letters and digits that begin every globally unique name."""
    ownership: Ownership
    """Who answers for it; its team is part of every name."""
    place: LearningPlace
    """Workspace that it belongs to."""
    identity: JobIdentity
    """Who it acts as."""
    endpoint: str
    """Name of the endpoint."""
    versions: list[OnlineVersion]
    """What serves behind it, one or two."""
    machines: NotRequired[OnlineMachines]
    """Machines of the service that serve, unless `attached` does."""
    attached: NotRequired[OnlineAttachment]
    """The cluster that serves, in place of machines of the service. Callers show the workspace's own tokens there."""
    traffic: NotRequired[dict[str, pulumi.Input[int]]]
    """Percent of the requests, by version, 100 in all; Azure takes versions that are there already, so it names none in
    the update that makes them. None by default: callers ask for a version by its name."""
    request_seconds: NotRequired[int]
    """Seconds after which an answer is given up; 5 by default."""
    requests_at_once: NotRequired[int]
    """Requests that each machine or pod works on at a time; 1 by default."""
    workspace_id: NotRequired[pulumi.Input[str]]
    """Log workspace of its traffic, console and events; none by default."""
    protect: NotRequired[bool]
    """Refuse to delete or replace what holds data; nothing here does."""
    guarding: NotRequired[Guarding]
    """Rights on the endpoint; it is reached by the workspace's private endpoints, and can't be locked by itself."""
