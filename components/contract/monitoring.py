"""Contract of MonitoringStack, ClusterMonitoring and ModelMonitoring: what is measured and judged, and who is told."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.guarding import Guarding
from components.contract.ownership import Ownership


class PhoneNumber(TypedDict):
    """A telephone that takes text messages."""

    country_code: pulumi.Input[str]
    """Country, such as 971."""
    number: pulumi.Input[str]
    """Number without the country."""


class TicketSystem(TypedDict):
    """A connection to an IT service management system, made beforehand in the log workspace."""

    workspace_id: pulumi.Input[str]
    """Subscription and workspace of the connection, as `<subscription>|<workspace>`."""
    connection_id: pulumi.Input[str]
    """The connection."""
    region: pulumi.Input[str]
    """Region of the workspace."""
    ticket: pulumi.Input[str]
    """What a ticket holds, as JSON."""


class EscalationStep(TypedDict):
    """One step of the escalation chain: who is told, and after how long."""

    name: str
    """Name of the step, such as on-call."""
    after_minutes: int
    """Minutes for which a critical alert must stand before this step hears of it; 0 for the first."""
    emails: NotRequired[list[str]]
    """Mailboxes."""
    phones: NotRequired[list[PhoneNumber]]
    """Telephones that get a text message."""
    webhooks: NotRequired[list[str]]
    """Addresses that are called, each with the alert."""
    tickets: NotRequired[TicketSystem]
    """Where a ticket is opened."""


class EscalationDelay(TypedDict):
    """A step of the escalation chain as a team's alerts know it."""

    name: str
    """Name of the step."""
    after_minutes: int
    """Minutes for which a critical alert must stand before this step hears of it."""


class QuietHours(TypedDict):
    """A time of each day at which nobody is told of what is not critical."""

    start: pulumi.Input[str]
    """First minute, as HH:MM."""
    end: pulumi.Input[str]
    """Last minute, as HH:MM; earlier than the start for hours over midnight."""
    time_zone: str
    """Time zone, such as Asia/Dubai."""


class MonitoredCluster(TypedDict):
    """A cluster that is measured."""

    name: str
    """Name of its region."""
    cluster_id: pulumi.Input[str]
    """The cluster."""


class MonitoringStackArgs(TypedDict):
    """What MonitoringStack takes."""

    organisation: str
    """Two to eight letters and digits that begin every globally unique name."""
    ownership: Ownership
    """Who answers for it; its environment is part of every name."""
    resource_group: pulumi.Input[str]
    """Resource group to create it in."""
    region: str
    """Region in which measurements are kept."""
    clusters: list[MonitoredCluster]
    """Clusters, one for each serving region."""
    standby: NotRequired[list[str]]
    """Regions that serve only when the others have failed; none by default."""
    workspace_id: pulumi.Input[str]
    """Log workspace for traces and the services' own logs."""
    escalation: list[EscalationStep]
    """Who is told of critical alerts, step by step; the first hears of warnings too."""
    runbooks: str
    """Address under which docs/runbooks is published; each alert links to its page there."""
    quiet_hours: NotRequired[QuietHours]
    """When only critical alerts are told; by default all always are."""
    dashboards: NotRequired[bool]
    """Make a managed Grafana; on by default."""
    zone_redundant: NotRequired[bool]
    """Spread Grafana over zones; on by default."""
    protect: NotRequired[bool]
    """Refuse to delete or replace where measurements are kept; on by default."""
    guarding: NotRequired[Guarding]
    """Lock and rights on where measurements are kept."""


class WatchThresholds(TypedDict):
    """From when on a team is told of a model; each that is left out is as `components/monitoring/tunables.py` says."""

    drift_psi: NotRequired[float]
    """Population stability index of an input or an answer."""
    drift_ks: NotRequired[float]
    """Kolmogorov-Smirnov distance of an input or an answer."""
    accuracy_drop: NotRequired[float]
    """Share of right answers that it may lose against its evaluation."""
    least_labels: NotRequired[int]
    """Labels that must have come in before its accuracy is judged."""
    fairness_gap: NotRequired[float]
    """Largest gap between groups of people."""
    missing_ratio: NotRequired[float]
    """Share of an input's values that may be missing."""
    out_of_range_ratio: NotRequired[float]
    """Share that may be outside of the range that the runtime is told."""
    schema_ratio: NotRequired[float]
    """Share of requests that may not fit the model."""


class BusinessIndicator(TypedDict):
    """A figure that says whether the model does what it is there for: below, above or both."""

    name: str
    """What the team calls it."""
    metric: str
    """Metric of the team's namespace."""
    labels: NotRequired[dict[str, str]]
    """Labels that choose among its series."""
    description: str
    """What it means."""
    below: NotRequired[float]
    """The team is told when it falls below."""
    above: NotRequired[float]
    """The team is told when it rises above."""
    minutes: NotRequired[int]
    """Minutes for which it must be so; 15 by default."""


class ModelMonitoringArgs(TypedDict):
    """What ModelMonitoring takes."""

    ownership: Ownership
    """Who answers for the model, and hears of its alerts by that name."""
    resource_group: pulumi.Input[str]
    """Resource group of the teams' alerts."""
    region: str
    """Region in which measurements are kept."""
    metrics_workspace_id: pulumi.Input[str]
    """Where measurements are kept."""
    namespace: str
    """Namespace of the team."""
    model: str
    """Name of the model."""
    availability_percent: float
    """Share of requests, in percent, that must be answered over 30 days."""
    latency_objective_ms: NotRequired[int]
    """Milliseconds within which 99 % of requests must be answered; without it latency is not judged.

    A language model's answers take as long as they are long."""
    quality: NotRequired[bool]
    """Watch drift, accuracy against late labels, fairness, and what it is asked with; on by default.

    Off for what has no labels, such as a language model."""
    thresholds: NotRequired[WatchThresholds]
    """From when on the team is told."""
    indicators: NotRequired[list[BusinessIndicator]]
    """Figures of the business."""
    monthly_budget: NotRequired[float]
    """What its pods may cost a month, by the tunables' prices; not watched by default."""
    tokens_per_month: NotRequired[int]
    """What the callers of a language model may use; not watched by default."""
    action_groups: pulumi.Input[dict[str, str]]
    """Who is told, by the name of the step."""
    escalation: list[EscalationDelay]
    """The steps, as the platform has them."""
    runbooks: str
    """Address under which docs/runbooks is published."""


class ClusterMonitoringArgs(TypedDict):
    """What ClusterMonitoring takes."""

    ownership: Ownership
    """Who answers for it."""
    cluster: str
    """Name of the cluster, a label of all that is measured in it."""
    region: str
    """Region of the cluster, another."""
