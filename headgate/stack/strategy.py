"""How a new version of a model takes over from the old one, and what may answer beside it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headgate.stack.values import Day, Digest, Reason, Repository, SemanticVersion, Settings

Seconds = Annotated[int, Field(ge=1, le=86400)]


class Runtime(Settings):
    """The server program that loads a model: speaks the Open Inference Protocol."""

    image: Repository
    """Repository of the runtime's image in the platform's registry."""
    digest: Digest
    """Digest of the runtime's image."""


class Variant(Settings):
    """Another version of the model, with pods of its own, beside the one that serves."""

    version: SemanticVersion
    """Version, for people; the digest decides what runs."""
    digest: Digest
    """Digest that `headgate model push` printed for this version."""
    runtime: Runtime | None = None
    """Program that serves it; the model's own by default."""
    replicas: Annotated[int, Field(ge=1, le=100)] = 1
    """Its pods, in each region; they count against the team's quota."""


class Rollback(Settings):
    """The record of a version that goes back on purpose; it counts for a few days, and then only tells what was."""

    of: SemanticVersion
    """Version that is taken back."""
    date: Day
    """Day on which that was decided."""
    reason: Reason
    """Why, for whoever reads it in a year."""

    @property
    def record(self) -> str:
        """Return it as it stands on the object (`headgate.dev/rollback`), where HG-SC-007 reads it."""
        return f"{self.date} from {self.of}: {self.reason}"


class Step(Settings):
    """One step of a canary."""

    weight: Annotated[int, Field(ge=1, le=99)]
    """Percentage of the requests that the new version answers."""
    pause_seconds: Seconds | None = 60
    """How long to stay there; `null` stays until somebody promotes it, and the update does not wait for that."""


class Analysis(Settings):
    """What the new version must hold while it takes over; it is aborted when it does not."""

    success_rate: Annotated[float, Field(gt=0, le=1)] = 0.99
    """Share of its requests that must be answered without a server error."""
    latency_ms: Annotated[int, Field(ge=1, le=600000)] | None = None
    """Milliseconds within which 99 % of its requests must be answered; not judged by default."""
    interval_seconds: Annotated[int, Field(ge=5, le=3600)] = 60
    """Seconds between two measurements, and the time that each looks back on."""
    failures: Annotated[int, Field(ge=0, le=100)] = 1
    """Bad measurements that are borne; one more aborts."""


class Canary(Settings):
    """The new version gets more and more of the requests."""

    steps: list[Step] = Field(default=[Step(weight=10), Step(weight=50)], min_length=1, max_length=20)
    """Shares of the requests, in order; after the last the new version has all."""
    analysis: Analysis | None = None
    """What is measured on the way; without it only pods that do not get ready stop a canary."""


class BlueGreen(Settings):
    """The new version is brought up whole beside the old one, then takes all requests at once."""

    promote_seconds: Seconds | None = 30
    """Seconds between readiness and takeover; `null` waits until somebody promotes it, and the update does not."""
    keep_seconds: Seconds = 300
    """Seconds for which the old version stays, so that going back is instant."""
    analysis: Analysis | None = None
    """What is measured before the takeover, of the requests to the preview; without it readiness is enough."""


class AbTest(Settings):
    """Two versions side by side, chosen by what the request carries."""

    variant: Variant
    """Version B."""
    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")] | None = None
    """Requests whose header of this name has `value` go to B."""
    value: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] = "always"
    """What the header must be."""
    cookie: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    """Requests whose cookie of this name is `always` go to B."""


class Shadow(Settings):
    """A second version gets a copy of every request; its answers are measured and dropped."""

    variant: Variant
    """Version that gets the copies."""


class Champion(Settings):
    """A challenger gets a fixed share of the requests, for as long as the stack says so."""

    variant: Variant
    """The challenger."""
    weight: Annotated[int, Field(ge=1, le=50)] = 10
    """Percentage of the requests that it answers."""


class Strategy(Settings):
    """How versions take turns: one of these."""

    canary: Canary | None = None
    """More and more requests to a new version, and back at the first sign of trouble."""
    bluegreen: BlueGreen | None = None
    """All requests to a new version at once, after it stood ready."""
    abtest: AbTest | None = None
    """Two versions by header or cookie. A new version of A is rolled out pod by pod."""
    shadow: Shadow | None = None
    """A copy of the requests to a second version. A new version of the first is rolled out pod by pod."""
    champion_challenger: Champion | None = None
    """A fixed share to a challenger. A new version of the champion is rolled out pod by pod."""

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of those that are set."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def variant(self) -> Variant | None:
        """The second version that it brings up, if it does."""
        beside = self.abtest or self.shadow or self.champion_challenger
        return beside.variant if beside else None

    @property
    def analysis(self) -> Analysis | None:
        """What it measures, if it does."""
        judged = self.canary or self.bluegreen
        return judged.analysis if judged else None
