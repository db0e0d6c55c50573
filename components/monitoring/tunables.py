"""Every threshold of every alert and rule, in one place.

A number that somebody may want to change is here, with the reason for its value; expressions hold none of their own.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Burn:
    """One pair of windows over which an error budget is watched.

    `factor` times the budget's even pace, over both windows, raises an alert; the short window lets it end soon after
    the fault does.
    """

    long: str
    short: str
    factor: float
    critical: bool


# Google's SRE workbook, chapter 5: 2 % of a month's budget in 1 h, 5 % in 6 h, 10 % in 1 d and in 3 d.
BURNS = (
    Burn("1h", "5m", 14.4, critical=True),
    Burn("6h", "30m", 6.0, critical=True),
    Burn("1d", "2h", 3.0, critical=False),
    Burn("3d", "6h", 1.0, critical=False),
)
# Upper bounds of the buckets in which a model server counts latencies, in seconds.
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Share of requests that must be answered within a model's latency objective.
LATENCY_TARGET_PERCENT = 99.0


@dataclass(frozen=True)
class Availability:
    """Regions and the pods of models."""

    region_silent: str = "2m"
    """A region of which nothing is heard this long serves nothing that we know of."""
    pods_unready: str = "10m"
    """Pulling and loading a large model takes minutes; longer means that it fails."""


@dataclass(frozen=True)
class Saturation:
    """Requests that wait or are turned away."""

    queued: int = 10
    """Requests that wait for a pod, a region and namespace: more than the autoscaler lets stand for long."""
    queued_for: str = "5m"
    rejected_ratio: float = 0.01
    """Share of requests turned away for lack of a pod."""
    rejected_for: str = "5m"
    gpu_pending_for: str = "10m"
    """A GPU node takes about five minutes to come; twice that means that none comes."""
    gpu_busy_percent: float = 90.0
    """Of a team's GPUs in a region, on average: above it, what comes next waits."""
    gpu_busy_for: str = "15m"


@dataclass(frozen=True)
class Gate:
    """The admission gate."""

    down_for: str = "2m"
    slow_seconds: float = 1.0
    """The API server waits 10 s for a webhook, and everybody waits with it."""
    slow_for: str = "10m"
    facts_seconds: float = 600.0
    """An edition comes each 7.5 minutes at least, and counts for 15: five are left to act."""
    waiting_bytes: int = 524_288
    """Half of what may wait (`audit.gate.unrecorded` of the rules' parameters) before the gate lets nothing new in."""


@dataclass(frozen=True)
class Certificates:
    """Certificates that are served."""

    renew_days: float = 14.0
    """Ours are renewed with 30 days left: at 14 the renewal has failed for a fortnight."""
    urgent_days: float = 3.0
    soon_for: str = "1h"
    urgent_for: str = "5m"


@dataclass(frozen=True)
class Registry:
    """The registry of models and images."""

    down_for: str = "2m"
    failed_pulls: int = 3
    """Pulls that failed in ten minutes: one is a hiccup that is tried again."""
    pulls_for: str = "5m"


@dataclass(frozen=True)
class Ledger:
    """The collector that writes the audit ledger."""

    down_for: str = "2m"
    silent_reviews: int = 10
    """Reviews by the gate in a quarter of an hour without one entry in the ledger."""
    silent_for: str = "10m"
    waiting_bytes: int = 50_000_000
    """Of an API server's audit log: a quarter of what the sandbox's keeps."""
    waiting_for: str = "5m"


@dataclass(frozen=True)
class Failover:
    """Which region serves."""

    requests_per_second: float = 0.1
    """Traffic below this says nothing about where it is sent."""
    active_for: str = "2m"


@dataclass(frozen=True)
class Delivery:
    """Alertmanagers, and what they send."""

    down_for: str = "2m"
    failing_for: str = "5m"
    """Alertmanager tries again by itself; this long means that it does not get through."""


@dataclass(frozen=True)
class Quality:
    """How right a model is."""

    drift_psi: float = 0.2
    """A population stability index of 0.1 is a shift that is looked at, of 0.25 one that is acted on."""
    drift_ks: float = 0.2
    """Largest distance between two distribution functions; of 200 values each, chance makes 0.14 of it now and then."""
    accuracy_drop: float = 0.05
    """Share of right answers that it may lose against its evaluation."""
    least_labels: int = 100
    """Labels that must have come in: of fewer, chance has too large a part."""
    fairness_gap: float = 0.1
    """Difference between groups; the evaluation may ask for less, and then what is deployed began with less."""
    hold: str = "2m"
    """The figures are of days or weeks; this outlasts a scrape that went wrong."""


@dataclass(frozen=True)
class Inputs:
    """What a model is asked with."""

    missing_ratio: float = 0.05
    """Share of an input's values that may be missing."""
    out_of_range_ratio: float = 0.01
    """Share that may be outside of what the team says is possible: such values are faults, not rare cases."""
    schema_ratio: float = 0.05
    """Share of requests that may not fit the model; a caller who tries it for the first time makes some."""
    over: str = "10m"
    hold: str = "5m"


@dataclass(frozen=True)
class Spending:
    """What models and teams cost. The prices are those of a pod's share of a node in `headgate stack cost`'s table."""

    cpu_hour: float = 0.042
    memory_gib_hour: float = 0.0044
    gpu_hour: float = 3.4
    hours_per_month: float = 730.0
    over: str = "6h"
    """Pods come and go with the day; a pace over less would take each noon for a month."""
    hold: str = "1h"
    tokens_used: float = 0.8
    """Share of a month's tokens at which somebody is told, while there are some left."""
    refused_ratio: float = 0.01
    """Share of requests that may be turned away for a limit of spending."""
    refused_for: str = "5m"


@dataclass(frozen=True)
class Telling:
    """How soon and how often people are told."""

    group_wait: str = "30s"
    """What fires together is told together."""
    group_interval: str = "5m"
    repeat_interval: str = "4h"
    """An alert that stands is told again."""
    watchdog_interval: str = "1m"
    """How often the dead man's switch hears that all is well; it must wait for several of these."""
    watchdog_repeat: str = "50s"
    """A little less, so that each turn is told."""
    ledger_repeat: str = "24h"
    """An alert that stands is recorded again, so that a ledger which was begun anew knows it."""


@dataclass(frozen=True)
class Tunables:
    """All of them."""

    availability: Availability = field(default_factory=Availability)
    saturation: Saturation = field(default_factory=Saturation)
    gate: Gate = field(default_factory=Gate)
    certificates: Certificates = field(default_factory=Certificates)
    registry: Registry = field(default_factory=Registry)
    ledger: Ledger = field(default_factory=Ledger)
    failover: Failover = field(default_factory=Failover)
    delivery: Delivery = field(default_factory=Delivery)
