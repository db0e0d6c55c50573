"""What a platform asks of its monitoring: who is told of what, and when nobody is."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from headgate.stack.document import KeyPath
from headgate.stack.finding import Finding, repeated
from headgate.stack.values import CountryCode, Email, Label, PhoneDigits, Settings, TimeOfDay, WebAddress


class TimeZone(StrEnum):
    """Time zones that both the cloud and Alertmanager know."""

    UTC = "UTC"
    DUBAI = "Asia/Dubai"
    RIYADH = "Asia/Riyadh"
    KOLKATA = "Asia/Kolkata"
    LONDON = "Europe/London"
    BERLIN = "Europe/Berlin"
    NEW_YORK = "America/New_York"


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
