"""Contract of how a new version of a model takes over, and of what answers beside it."""

from typing import NotRequired, TypedDict

import pulumi


class Step(TypedDict):
    """One step of a canary."""

    weight: int
    """Percentage of the requests that the new version answers."""
    pause_seconds: NotRequired[int]
    """How long to stay there; without it until somebody promotes it."""


class Analysis(TypedDict):
    """What a new version must hold while it takes over; it is aborted when it does not."""

    prometheus: pulumi.Input[str]
    """Address of the Prometheus that has the gateways' metrics."""
    success_rate: float
    """Share of its requests that must be answered without a server error."""
    latency_ms: NotRequired[int]
    """Milliseconds within which 99 % of its requests must be answered; not judged by default."""
    interval_seconds: int
    """Seconds between two measurements, and the time that each looks back on."""
    failures: int
    """Bad measurements that are borne; one more aborts."""


class Canary(TypedDict):
    """The new version gets more and more of the requests."""

    steps: list[Step]
    """Shares of the requests, in order; after the last the new version has all."""
    analysis: NotRequired[Analysis]
    """What is measured on the way; nothing by default."""


class BlueGreen(TypedDict):
    """The new version is brought up whole beside the old one, then takes all requests at once."""

    promote_seconds: NotRequired[int]
    """Seconds between readiness and takeover; without it somebody promotes it."""
    keep_seconds: int
    """Seconds for which the old version stays, so that going back is instant."""
    analysis: NotRequired[Analysis]
    """What is measured before the takeover; nothing by default."""


class Variant(TypedDict):
    """Another version of the model, with pods of its own."""

    version: pulumi.Input[str]
    """Version, for people; the digest decides what runs."""
    model_image: pulumi.Input[str]
    """The model as an OCI artifact, by digest."""
    runtime_image: pulumi.Input[str]
    """The program that serves it, by digest."""
    replicas: int
    """Its pods."""


class AbTest(TypedDict):
    """Two versions side by side, chosen by what the request carries: a header or a cookie."""

    variant: Variant
    """Version B."""
    header: NotRequired[str]
    """Requests whose header of this name has `value` go to B."""
    value: NotRequired[str]
    """What the header must be; `always` by default."""
    cookie: NotRequired[str]
    """Requests whose cookie of this name is `always` go to B."""


class Shadow(TypedDict):
    """A second version gets a copy of every request; its answers are dropped."""

    variant: Variant
    """Version that gets the copies."""


class Champion(TypedDict):
    """A challenger gets a fixed share of the requests."""

    variant: Variant
    """The challenger."""
    weight: int
    """Percentage of the requests that it answers."""


class Strategy(TypedDict):
    """How versions take turns: one of these. Without any, pod by pod."""

    canary: NotRequired[Canary]
    """More and more requests to a new version, and back at the first sign of trouble."""
    bluegreen: NotRequired[BlueGreen]
    """All requests to a new version at once, after it stood ready."""
    abtest: NotRequired[AbTest]
    """Two versions by header or cookie."""
    shadow: NotRequired[Shadow]
    """A copy of the requests to a second version."""
    champion_challenger: NotRequired[Champion]
    """A fixed share to a challenger."""
