"""Contract of ModelDeployment: one model, served in one cluster."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.model_options import FeatureFlag, InputRange, RequestScaling, ResponseCache, ServiceMonitor
from components.contract.ownership import Ownership
from components.contract.strategy import Strategy, Variant
from components.contract.training import RetrainingTriggers


class PodMetric(TypedDict):
    """A figure of each pod that the autoscaler holds at a value."""

    name: str
    """Metric of the pods, as the cluster's custom metrics API names it."""
    average: pulumi.Input[int]
    """Value for each pod at which pods are added."""


class ModelDeploymentArgs(TypedDict):
    """What ModelDeployment takes."""

    ownership: Ownership
    """Who answers for it."""
    namespace: pulumi.Input[str]
    """Namespace of the team."""
    service_account: pulumi.Input[str]
    """Identity of the pods."""
    model: str
    """Name of the model; its path is /v2/models/<name>."""
    version: pulumi.Input[str]
    """Version, for people; the digest decides what runs."""
    model_image: pulumi.Input[str]
    """The model as an OCI artifact: registry/models/<team>/<name>@sha256:…; mounted as an image volume."""
    runtime_image: pulumi.Input[str]
    """The program that serves it, by digest; speaks the Open Inference Protocol."""
    host: pulumi.Input[str]
    """Host name of the gateway, for its certificate."""
    grpc_host: NotRequired[pulumi.Input[str]]
    """Host name of the gateway under which the model answers the Open Inference Protocol over gRPC too; off without.

    A call names its model inside the message, where no gateway looks: each model needs a name of its own."""
    cpu: pulumi.Input[str]
    """CPUs of a pod: request and limit."""
    memory: pulumi.Input[str]
    """Memory of a pod: request and limit."""
    gpus: NotRequired[int]
    """GPUs of a pod; 0 by default."""
    min_replicas: int
    """Fewest pods; 0 only with `scale_on_requests`."""
    max_replicas: int
    """Most pods."""
    target_cpu_percent: NotRequired[pulumi.Input[int]]
    """Average CPU use at which pods are added; 60 by default."""
    latency_objective_ms: NotRequired[int]
    """Milliseconds within which 99 % of requests must be answered; 100 by default."""
    scale_on: NotRequired[PodMetric]
    """Figure to scale on in place of CPU use: what a model on GPUs is busy with does not show in its CPUs."""
    scale_on_requests: NotRequired[RequestScaling]
    """Requests to scale on in place of CPU use, down to no pod at all (KEDA). The cluster must have KEDA."""
    service_monitor: NotRequired[ServiceMonitor]
    """Have an operator of Prometheus measure the pods; by default the cluster's own discovery does.

    The cluster must have the operator."""
    response_cache: NotRequired[ResponseCache]
    """Have each pod give an answer again to a request that is the same; off by default.

    Only for a model whose answer depends on its inputs alone."""
    input_ranges: NotRequired[list[InputRange]]
    """What is possible of its inputs: the runtime counts what is not; it knows of none by default."""
    flags: NotRequired[list[FeatureFlag]]
    """Switches of the runtime that are turned without a restart; none by default."""
    runtime_arguments: NotRequired[list[str]]
    """More arguments for the runtime, after those that every runtime takes."""
    paths: NotRequired[list[str]]
    """More paths of the gateway that lead to the model, for what it answers beside the Open Inference Protocol."""
    annotations: NotRequired[dict[str, str]]
    """More annotations of the workload: what was promised of it, and what it was judged by."""
    retraining: NotRequired[RetrainingTriggers]
    """What has it trained again, for what watches drift and data, and for the gates; by hand by default."""
    strategy: NotRequired[Strategy]
    """How a new version takes over; pod by pod by default."""
    fallback: NotRequired[Variant]
    """Version that answers while no pod of the model is ready; none by default."""
