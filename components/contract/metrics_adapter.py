"""Contract of MetricsAdapter: a cluster's custom metrics API, by which pods are added for what they measure."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class MetricsAdapterArgs(TypedDict):
    """What MetricsAdapter takes."""

    ownership: Ownership
    """Who answers for it."""
    region: str
    """Region of the cluster: of a Prometheus that measures several, only its own pods count."""
    image: pulumi.Input[str]
    """Image of the Prometheus adapter, by digest."""
    certificates_image: pulumi.Input[str]
    """Image of what keeps its certificate, by digest: the one of the admission gate."""
    prometheus: pulumi.Input[str]
    """Address of the Prometheus API that it asks, without a token."""
    figures: NotRequired[list[str]]
    """Measurements of pods that it answers for; `headgate_tokens_in_flight` by default."""
    replicas: NotRequired[int]
    """Pods; 2 by default."""
