"""What a platform asks of its monitoring: who is told of what, and when nobody is."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from components.monitoring.routes import DEAD_MAN, LEDGER, NOBODY, training_receiver
from headgate.stack.document import KeyPath
from headgate.stack.finding import Finding, repeated
from headgate.stack.values import (
    CountryCode,
    Email,
    Label,
    PhoneDigits,
    RegionName,
    Server,
    Settings,
    TimeOfDay,
    WebAddress,
)


class TimeZone(StrEnum):
    """Time zones that both the cloud and Alertmanager know."""

    UTC = "UTC"
    DUBAI = "Asia/Dubai"
    RIYADH = "Asia/Riyadh"
    KOLKATA = "Asia/Kolkata"
    LONDON = "Europe/London"
    BERLIN = "Europe/Berlin"
    NEW_YORK = "America/New_York"


# Namespaces of the cluster's own parts, of Headgate's and of teams.
_TAKEN = ("default", "kube-", "headgate-", "team-")
TimeZoneField = Annotated[TimeZone, Field(strict=False)]


class Phone(Settings):
    """A telephone that gets a text message."""

    country: CountryCode
    """Country code without the plus, in quotes, such as "971"."""
    number: PhoneDigits
    """Number without the country, in quotes."""


class Tickets(Settings):
    """A connection to an IT service management system; make it in the log workspace first."""

    workspace_id: str
    """Subscription and workspace of the connection, as `<subscription>|<workspace>`."""
    connection_id: str
    """The connection."""
    region: str
    """Region of the workspace."""
    ticket: str
    """What a ticket holds, as JSON."""


class EscalationStep(Settings):
    """One step of the escalation chain."""

    name: Label
    """Who it is: on-call, lead, …"""
    after_minutes: Annotated[int, Field(ge=0, le=720)] = 0
    """Minutes for which a critical alert must stand before this step hears of it; 0 for the first."""
    emails: list[Email] = Field(default=[], max_length=50)
    """Mailboxes that are told."""
    phones: list[Phone] = Field(default=[], max_length=10)
    """Telephones that get a text message."""
    webhooks: list[WebAddress] = Field(default=[], max_length=10)
    """Addresses that are called with the alert: a paging service, a chat."""
    tickets: Tickets | None = None
    """Where a ticket is opened."""

    @property
    def tells_somebody(self) -> bool:
        """Say whether anybody hears of an alert at this step."""
        return bool(self.emails or self.phones or self.webhooks or self.tickets)


class QuietHours(Settings):
    """A time of each day at which only critical alerts are told."""

    start: TimeOfDay
    """First minute, in quotes, such as "20:00"."""
    end: TimeOfDay
    """Last minute; earlier than the start for hours over midnight."""
    time_zone: TimeZoneField = TimeZone.DUBAI
    """Time zone of both."""


class MailServer(Settings):
    """The server that takes the mail of the clusters' own Alertmanagers."""

    server: Server
    """Host and port, such as smtp.example.com:587; it is spoken to over TLS."""
    sender: Email
    """Whom the mail is from."""


class TrainingTeam(Settings):
    """A team whose receiver is told of alerts, so that its models are trained again."""

    team: Label
    """The team; its stack has a `retraining_receiver`."""
    models: list[Label] = Field(min_length=1, max_length=50)
    """Models that its pipelines train."""
    alerts: list[Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]{2,63}$")]] = Field(
        default=["ModelFeatureDrift"], min_length=1, max_length=20
    )
    """Alerts that their triggers name."""
    region: RegionName | None = None
    """Region that trains, whose Alertmanager tells the receiver there; the platform's first by default."""


class InCluster(Settings):
    """What each cluster's own Prometheus, Alertmanager and Grafana are given, where these run in it."""

    namespace: Label = "monitoring"
    """Namespace of these programs, which whoever runs them brings; no team's, and none of Headgate's."""
    dead_man: WebAddress
    """What is called as long as all is well, outside the platform; its token is `headgate:deadManToken`, a secret."""
    mail: MailServer | None = None
    """The server that takes mail; needed where a step of the escalation chain has mailboxes."""
    dashboards: bool = True
    """Give the cluster's Grafana its dashboards."""
    training: list[TrainingTeam] = Field(default=[], max_length=100)
    """Teams whose receivers are told; each is shown `headgate:retrainingToken`, a secret that their stacks have too."""


class Monitoring(Settings):
    """What is measured and judged, and who is told."""

    escalation: list[EscalationStep] = Field(min_length=1, max_length=5)
    """Who is told of critical alerts, step by step; the first hears of warnings too. Two steps at least."""
    runbooks: WebAddress
    """Address under which docs/runbooks is published; each alert links to its page there."""
    quiet_hours: QuietHours | None = None
    """When only critical alerts are told; left out, all alerts always are."""
    dashboards: bool = True
    """Make a managed Grafana."""
    in_cluster: InCluster | None = None
    """Have each cluster judge and tell by programs of its own too; left out, the cloud's alone do."""


def check_monitoring(monitoring: Monitoring) -> Iterator[Finding]:
    """Yield chains that tell nobody, or not in order."""
    path: KeyPath = ("monitoring", "escalation")
    steps = monitoring.escalation
    yield from repeated("step", path, [step.name for step in steps])
    if len(steps) == 1:
        yield Finding(
            path,
            "the escalation chain has one step",
            found=steps[0].name,
            expected="a second step, which hears of a critical alert that stands",
            fix="add a step with a larger `after_minutes:`",
        )
    for index, step in enumerate(steps):
        if not step.tells_somebody:
            yield Finding(
                (*path, index, "name"),
                f"step `{step.name}` tells nobody",
                found="no emails, phones, webhooks or tickets",
                expected="somebody who hears of the alert",
                fix="write `emails:`, `phones:`, `webhooks:` or `tickets:`",
            )
        late = step.after_minutes > steps[index - 1].after_minutes if index else step.after_minutes == 0
        if not late:
            yield Finding(
                (*path, index, "after_minutes"),
                "the escalation chain does not go on in time",
                found=f"{step.name} after {step.after_minutes} minutes",
                expected="0 for the first step, and more for each further one",
                fix="put the steps in the order in which they are told",
            )
    hours = monitoring.quiet_hours
    if hours is not None and hours.start == hours.end:
        yield Finding(
            ("monitoring", "quiet_hours", "end"),
            "the quiet hours are none, or all",
            found=f"from {hours.start} to {hours.end}",
            expected="two times that differ; over midnight where the end comes first",
            fix="write another time, or leave `quiet_hours` out",
        )
    if monitoring.in_cluster is not None:
        yield from _in_cluster(monitoring, monitoring.in_cluster)


def _in_cluster(monitoring: Monitoring, asked: InCluster) -> Iterator[Finding]:
    """Yield what a cluster's own Alertmanager could tell nobody of, or has no right place for."""
    if asked.namespace.startswith(_TAKEN):
        yield Finding(
            ("monitoring", "in_cluster", "namespace"),
            "what judges a cluster has a namespace of its own",
            found=asked.namespace,
            expected=f"a name that begins with none of {', '.join(_TAKEN)}",
            fix="write the namespace that Prometheus and Alertmanager run in, such as `monitoring`",
        )
    yield from repeated(
        "team", ("monitoring", "in_cluster", "training"), [each.team for each in asked.training], "team"
    )
    taken = {NOBODY, DEAD_MAN, LEDGER, *(training_receiver(each.team) for each in asked.training)}
    for index, step in enumerate(monitoring.escalation):
        place: KeyPath = ("monitoring", "escalation", index, "name")
        if step.name in taken:
            yield Finding(
                place,
                f"an Alertmanager has a receiver `{step.name}` already",
                found=f"a step of that name, with {', '.join(sorted(taken))} beside it",
                expected="another name, with `monitoring.in_cluster`",
                fix="rename the step",
            )
        if step.tells_somebody and not (step.emails or step.webhooks):
            yield Finding(
                place,
                f"an Alertmanager reaches nobody of step `{step.name}`",
                found="telephones and tickets alone",
                expected="`emails` or `webhooks`, with `monitoring.in_cluster`",
                fix="add the webhook of a paging service, or leave `in_cluster` out",
            )
        elif step.emails and asked.mail is None:
            yield Finding(
                place,
                f"no server takes the mail of step `{step.name}`",
                found="emails, and no `monitoring.in_cluster.mail`",
                expected="the server that the clusters' Alertmanagers send mail by",
                fix="write `mail: {server: smtp.example.com:587, sender: alerts@example.com}` in `in_cluster`",
            )
