"""Contract of what a model may ask for beside its pods: scaling by requests, a monitor, kept answers, feature flags."""

from typing import NotRequired, TypedDict

import pulumi


class RequestScaling(TypedDict):
    """Pods by the requests that come in, down to none: KEDA, in place of the autoscaler by CPU use."""

    prometheus: pulumi.Input[str]
    """Address of the Prometheus that has the gateways' metrics."""
    region: str
    """Region of the cluster: requests to other regions bring no pods here."""
    requests_per_second: int
    """Requests a second that one pod is for."""
    idle_seconds: NotRequired[int]
    """Seconds without a request after which the last pods go, where the fewest are 0; 600 by default."""
    query: NotRequired[str]
    """PromQL for the requests a second, for a gateway that counts under names of its own.

    It must count requests that find no pod too: nothing else wakes a model up."""
    identity: NotRequired[pulumi.Input[str]]
    """Application id of the identity that KEDA asks Prometheus as; it asks without one by default."""


class ServiceMonitor(TypedDict):
    """How an operator of Prometheus finds the model's metrics, in place of the cluster's own discovery."""

    api_group: NotRequired[str]
    """`monitoring.coreos.com` for the Prometheus operator (the default), `azmonitoring.coreos.com` for Azure's."""
    cluster: str
    """Name of the cluster, a label of all that is measured."""
    region: str
    """Region of the cluster, another."""
    interval_seconds: NotRequired[int]
    """Seconds between two measurements; 30 by default."""
    labels: NotRequired[dict[str, str]]
    """Labels by which the operator's Prometheus chooses what it reads."""


class ResponseCache(TypedDict):
    """Answers that each pod keeps, and gives again to a request that is the same: nothing leaves the pod."""

    seconds: int
    """Seconds for which an answer may be given again."""
    megabytes: NotRequired[int]
    """Most that a pod keeps, of its own memory, in MiB; 64 by default."""


class InputRange(TypedDict):
    """What is possible of one input: the runtime counts what is outside."""

    feature: str
    """The input, or the column of the model's table."""
    least: float
    """Smallest value that is possible."""
    most: float
    """Largest value that is possible."""


class FeatureFlag(TypedDict):
    """A switch of the model's runtime that is turned without a new version: of one of three types."""

    name: str
    """Name, as the runtime asks for it."""
    boolean: NotRequired[bool]
    """What the runtime is answered, of a flag that is on or off."""
    number: NotRequired[float]
    """What the runtime is answered, of a flag that is a number."""
    text: NotRequired[str]
    """What the runtime is answered, of a flag that is a text."""
