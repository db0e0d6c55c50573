"""Contract of EdgeDeployment: a model at a site: the same model, the same gates, fewer and smaller pods."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership
from components.contract.training import RetrainingTriggers


class EdgeDeploymentArgs(TypedDict):
    """What EdgeDeployment takes."""

    ownership: Ownership
    """Who answers for it."""
    site: str
    """Name of the site."""
    namespace: pulumi.Input[str]
    """Namespace of the team at the site."""
    service_account: pulumi.Input[str]
    """Identity of the pods."""
    model: str
    """Name of the model; its path is /v2/models/<name>."""
    version: pulumi.Input[str]
    """Version, for people; the digest decides what runs."""
    model_image: str
    """The model as an OCI artifact, by digest, as the platform's registry has it."""
    runtime_image: str
    """The program that serves it, by digest, as the platform's registry has it."""
    mirror: NotRequired[str]
    """Host of the site's registry mirror, which has both while there is no line; the registry itself by default."""
    host: pulumi.Input[str]
    """Host name of the site's gateway, for its certificate."""
    cpu: pulumi.Input[str]
    """CPUs of a pod: request and limit."""
    memory: pulumi.Input[str]
    """Memory of a pod: request and limit."""
    min_replicas: NotRequired[int]
    """Fewest pods; 1 by default."""
    max_replicas: NotRequired[int]
    """Most pods; 2 by default, so that a new version starts before the old one ends."""
    latency_objective_ms: NotRequired[int]
    """Milliseconds within which 99 % of requests must be answered; 100 by default."""
    retraining: NotRequired[RetrainingTriggers]
    """What has the model trained again; by hand by default."""
    rollback: NotRequired[str]
    """Record of why its version goes back (`2026-01-31 from 1.3.0: …`), where it does."""
