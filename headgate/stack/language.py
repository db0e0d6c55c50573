"""What a team asks of a language model: how fast it answers, what it may cost, and what it was tested for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from headgate.stack.sizes import Program, Replicas, Resources
from headgate.stack.strategy import Canary, Rollback
from headgate.stack.values import Digest, Label, SemanticVersion, Settings
from headgate.stack.watch import Money

Tokens = Annotated[int, Field(ge=1, le=10_000_000)]


class TokenObjectives(Settings):
    """How fast it answers, as a reader notices it."""

    time_to_first_token_ms: Annotated[int, Field(ge=1, le=600000)] = 1000
    """Milliseconds within which 95 % of answers begin."""
    tokens_per_second: Annotated[int, Field(ge=1, le=100000)] = 20
    """Tokens a second that 95 % of answers keep up once begun."""


class Spending(Settings):
    """What the team may spend on it; a request over a limit is answered 429."""

    tokens_per_minute: Tokens
    """Tokens that all its callers may use in a minute, in each region."""
    tokens_per_month: Annotated[int, Field(ge=1, le=10**13)]
    """Tokens that all its callers may use in a month, in each region."""
    monthly_budget: Money | None = None
    """What its pods may cost a month; the team is told when a month at the pace of the last hours costs more."""


class SafetyEvaluation(Settings):
    """What it was tested for before it may answer anybody."""

    suite: Label
    """Name of the test suite: jailbreaks, toxicity, leaks, and what the use case adds."""
    evaluation: Digest
    """Digest of the signed result, beside the model in the registry."""


class Contents(StrEnum):
    """What may be kept of prompts and answers."""

    NONE = "none"
    MASKED = "masked"
    WHOLE = "whole"


# StrEnum members arrive as text from YAML; strict mode would refuse them.
ContentsField = Annotated[Contents, Field(strict=False)]


class ContentLogging(Settings):
    """What may be kept of what people ask and are answered: decided before anybody asks."""

    contents: ContentsField
    """`none`, `masked` (without what tells who asked) or `whole`."""
    days: Annotated[int, Field(ge=0, le=3650)] = 0
    """Days after which it is deleted; 0 where nothing is kept."""


class LanguageModel(Settings):
    """A language model that serves: OpenAI-compatible and Open Inference Protocol."""

    PER_ENVIRONMENT: ClassVar[frozenset[str]] = frozenset({"replicas", "spending", "rollback", "content_logging"})

    name: Label
    """Name in the registry (models/<team>/<name>) and in the paths (/openai/<name>/v1, /v2/models/<name>)."""
    version: SemanticVersion
    """Version, for people; the digest decides what runs."""
    digest: Digest
    """Digest that `headgate model push` printed for this version."""
    rollback: Rollback | None = None
    """Why `version` is behind the one that was deployed before; without it the gates refuse to go back."""
    runtime: Program
    """Program that serves it; a simulated one says so in its name."""
    replicas: Replicas
    """Bounds of the autoscaler."""
    resources: Resources
    """What each pod gets."""
    context_tokens: Annotated[int, Field(ge=128, le=2_000_000)] = 8192
    """Longest prompt and answer together."""
    tokens_in_flight: Annotated[int, Field(ge=128, le=10_000_000)] = 16384
    """Tokens of running and waiting requests at which a pod is full: the autoscaler adds pods there."""
    objectives: TokenObjectives = TokenObjectives()
    """How fast it answers."""
    availability_percent: Annotated[float, Field(ge=90, le=99.99)] = 99.9
    """Share of requests, in percent, that must be answered over 30 days."""
    spending: Spending
    """What the team may spend on it."""
    safety: SafetyEvaluation
    """What it was tested for."""
    content_logging: ContentLogging
    """What may be kept of prompts and answers."""
    canary: Canary | None = None
    """How a new version takes over: step by step; by default pod by pod."""
