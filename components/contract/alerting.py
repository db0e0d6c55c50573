"""Contract of ClusterAlerting: what a cluster judges by itself, whom it tells, and what it shows."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.monitoring import EscalationStep, QuietHours
from components.contract.ownership import Ownership


class MailServer(TypedDict):
    """The server that takes mail."""

    server: str
    """Host and port, such as smtp.example.com:587; it is spoken to over TLS."""
    sender: str
    """Whom the mail is from."""


class DeadManSwitch(TypedDict):
    """What is called as long as all is well, outside the platform: `headgate watchdog`, or a service."""

    url: pulumi.Input[str]
    """Its address, such as https://watch.example.com/v1/heard/platform-prod."""
    token: NotRequired[pulumi.Input[str]]
    """Token that it knows the platform by; none by default."""


class TrainingCall(TypedDict):
    """A team's RetrainingReceiver, and which alerts it hears of: those that its pipelines name."""

    team: str
    """The team."""
    url: pulumi.Input[str]
    """Where the receiver is called, without a path: RetrainingReceiver's `url`."""
    token: pulumi.Input[str]
    """What it is shown."""
    models: list[str]
    """Models that the team's pipelines train."""
    alerts: list[str]
    """Alerts that their triggers name."""


class LedgerReceiver(TypedDict):
    """The collector of the audit ledger, which records every alert as it begins and as it is over."""

    url: pulumi.Input[str]
    """Its address for alerts, such as https://audit.example.com/v1/alertmanager/platform-prod."""
    token: pulumi.Input[str]
    """Token that it knows the platform by."""
    authority: NotRequired[pulumi.Input[str]]
    """Authority of its certificate, as PEM; Alertmanager's image's own by default."""


class ClusterAlertingArgs(TypedDict):
    """What ClusterAlerting takes."""

    ownership: Ownership
    """Who answers for it."""
    namespace: pulumi.Input[str]
    """Namespace of the Prometheus and the Alertmanager that read what is made."""
    regions: list[str]
    """Regions that serve, the ones that serve first ahead."""
    standby: NotRequired[list[str]]
    """Regions that serve only when the others have failed; none by default."""
    escalation: list[EscalationStep]
    """Who is told of critical alerts, step by step, by mail or webhook; the first hears of warnings too."""
    mail: NotRequired[MailServer]
    """The server that takes mail; needed where a step has mailboxes."""
    dead_man: DeadManSwitch
    """What is called as long as all is well."""
    ledger: NotRequired[LedgerReceiver]
    """What records all alerts, at quiet hours too; nothing by default."""
    quiet_hours: NotRequired[QuietHours]
    """When only critical alerts are told; by default all always are."""
    training: NotRequired[list[TrainingCall]]
    """Receivers that train models again when an alert stands; none by default."""
    dashboards: NotRequired[bool]
    """Give Grafana its dashboards; on by default."""
    runbooks: str
    """Address under which docs/runbooks is published; each alert links to its page there."""
