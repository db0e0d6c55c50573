"""Contract of LanguageModelServing: a language model, served in one cluster by two protocols."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership
from components.contract.strategy import Canary


class TokenObjectives(TypedDict):
    """How fast it answers, as a reader notices it."""

    time_to_first_token_ms: int
    """Milliseconds within which 95 % of answers begin."""
    tokens_per_second: int
    """Tokens a second that 95 % of answers keep up once begun."""


class Spending(TypedDict):
    """What the team may spend on it; a request over a limit is answered 429."""

    tokens_per_minute: int
    """Tokens that all its callers may use in a minute, in this cluster."""
    tokens_per_month: int
    """Tokens that all its callers may use in a month, in this cluster."""


class SafetyEvaluation(TypedDict):
    """What it was tested for: without it nothing is deployed."""

    suite: str
    """Name of the test suite."""
    evaluation: str
    """Digest of the signed result, a referrer of the model in the registry."""


class ContentLogging(TypedDict):
    """What may be kept of what people ask and are answered."""

    contents: str
    """`none`, `masked` (without what tells who asked) or `whole`."""
    days: int
    """Days after which it is deleted; 0 where nothing is kept."""


class LanguageModelServingArgs(TypedDict):
    """What LanguageModelServing takes."""

    ownership: Ownership
    """Who answers for it."""
    namespace: pulumi.Input[str]
    """Namespace of the team."""
    service_account: pulumi.Input[str]
    """Identity of the pods."""
    model: str
    """Name of the model; its paths are /openai/<name>/v1 and /v2/models/<name>."""
    version: pulumi.Input[str]
    """Version, for people; the digest decides what runs."""
    model_image: pulumi.Input[str]
    """The model as an OCI artifact: registry/models/<team>/<name>@sha256:…; mounted as an image volume."""
    runtime_image: pulumi.Input[str]
    """The program that serves it, by digest."""
    host: pulumi.Input[str]
    """Host name of the gateway, for its certificate."""
    cpu: pulumi.Input[str]
    """CPUs of a pod: request and limit."""
    memory: pulumi.Input[str]
    """Memory of a pod: request and limit."""
    gpus: NotRequired[int]
    """GPUs of a pod, which puts it on the GPU pool; 0 by default."""
    min_replicas: int
    """Fewest pods."""
    max_replicas: int
    """Most pods."""
    context_tokens: NotRequired[int]
    """Longest prompt and answer together; 8192 by default."""
    tokens_in_flight: NotRequired[int]
    """Tokens of running and waiting requests at which a pod is full and another is added; 16384 by default."""
    objectives: NotRequired[TokenObjectives]
    """How fast it answers; begun within a second, at 20 tokens a second, by default."""
    spending: Spending
    """What the team may spend on it."""
    safety: SafetyEvaluation
    """What it was tested for before it may answer anybody."""
    content_logging: ContentLogging
    """What may be kept of prompts and answers."""
    canary: NotRequired[Canary]
    """How a new version takes over, step by step; pod by pod by default."""
    rollback: NotRequired[str]
    """Record of why its version goes back (`2026-01-31 from 1.3.0: …`), where it does."""
