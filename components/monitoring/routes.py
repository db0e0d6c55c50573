"""Who is told of which alert, as Alertmanager's own configuration.

Severity chooses the route: critical alerts go to the step of the escalation chain that they name, warnings to the first
step outside quiet hours, what is for nobody to nobody. The Watchdog has a route of its own, to a dead man's switch
outside the platform. What no route knows goes to the first step: an alert is never lost for a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components.monitoring.alerts.watchdog import WATCHDOG
from components.monitoring.inhibitions import INHIBITIONS
from components.monitoring.rule import Severity
from components.monitoring.tunables import Telling

NOBODY, DEAD_MAN, LEDGER, QUIET_HOURS = "nobody", "dead-man", "ledger", "quiet-hours"
# An entry about the ledger's silence would end it; the dead man's switch says nothing but that all is well.
_RECORDED = f'alertname!~"LedgerNotReceiving.*|{WATCHDOG}"'


def training_receiver(team: str) -> str:
    """Name the receiver that trains a team's models again."""
    return f"training-{team}"


@dataclass(frozen=True)
class Step:
    """A step of the escalation chain: mailboxes and addresses that are called."""

    name: str
    emails: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mail:
    """The server that takes mail, as host:port, and whom the mail is from."""

    server: str
    sender: str


@dataclass(frozen=True)
class DeadMan:
    """What is called as long as all is well, with what it knows us by."""

    url: str
    token: str = ""


@dataclass(frozen=True)
class Training:
    """A team's receiver that trains again, beside whom people hear of: of which models, by which alerts."""

    team: str
    url: str
    token: str
    models: tuple[str, ...]
    alerts: tuple[str, ...]

    @property
    def name(self) -> str:
        """What its receiver is called."""
        return training_receiver(self.team)

    def route(self) -> dict[str, Any]:
        """Return its route: who hears of the alert, hears of it all the same, at quiet hours too."""
        chosen = (("team", (self.team,)), ("model", self.models), ("alertname", self.alerts))
        return {
            "receiver": self.name,
            "matchers": [f'{label}=~"{"|".join(values)}"' for label, values in chosen],
            "group_by": ["alertname", "model"],
            "continue": True,
        }

    def receiver(self) -> dict[str, Any]:
        """Return its receiver. That an alert is over trains nothing."""
        access = {"authorization": {"credentials": self.token}}
        called = {"url": f"{self.url.rstrip('/')}/v1/alertmanager", "send_resolved": False, "http_config": access}
        return {"name": self.name, "webhook_configs": [called]}


@dataclass(frozen=True)
class Ledger:
    """The collector that records alerts, with what it knows us by, and whose certificate is believed (PEM)."""

    url: str
    token: str
    authority: str = ""


@dataclass(frozen=True)
class Quiet:
    """Hours of each day at which nobody is told of what is not critical; over midnight where the end comes first."""

    start: str
    end: str
    time_zone: str


@dataclass(frozen=True)
class Routing:
    """All that says who is told. The first step hears of warnings too."""

    steps: tuple[Step, ...]
    dead_man: DeadMan
    mail: Mail | None = None
    quiet: Quiet | None = None
    training: tuple[Training, ...] = ()
    ledger: Ledger | None = None
    telling: Telling = field(default_factory=Telling)

    def __post_init__(self) -> None:
        """Refuse what would tell nobody."""
        if not self.steps:
            raise ValueError("an escalation chain needs a step")
        for step in self.steps:
            if step.name in {NOBODY, DEAD_MAN, LEDGER}:
                raise ValueError(f"no step may be called {step.name}: a receiver of that name is there already")
            if not step.emails and not step.webhooks:
                raise ValueError(f"step {step.name} tells nobody that Alertmanager can reach: give emails or webhooks")
            if step.emails and self.mail is None:
                raise ValueError(f"step {step.name} is told by mail: give the server that takes it (mail)")


def configuration(routing: Routing) -> dict[str, Any]:
    """Return Alertmanager's configuration."""
    first, pace = routing.steps[0].name, routing.telling
    muted = {"mute_time_intervals": [QUIET_HOURS]} if routing.quiet else {}
    return {
        **_mail(routing.mail),
        "route": {
            "receiver": first,
            "group_by": ["alertname", "region", "slo"],
            "group_wait": pace.group_wait,
            "group_interval": pace.group_interval,
            "repeat_interval": pace.repeat_interval,
            "routes": [
                *_recorded(routing.ledger, pace),
                _watchdog(pace),
                *(each.route() for each in routing.training),
                {"receiver": NOBODY, "matchers": [_is(Severity.NONE, Severity.INFO)]},
                {"receiver": first, "matchers": [_is(Severity.CRITICAL)], "routes": _steps(routing)},
                {"receiver": first, "matchers": [_is(Severity.WARNING)], **muted},
            ],
        },
        "inhibit_rules": [inhibition.document() for inhibition in INHIBITIONS],
        "receivers": [
            *(_receiver(step) for step in routing.steps),
            *(each.receiver() for each in routing.training),
            {"name": DEAD_MAN, "webhook_configs": [_heartbeat(routing.dead_man)]},
            *_recorder(routing.ledger),
            {"name": NOBODY},
        ],
        **({"time_intervals": [_interval(routing.quiet)]} if routing.quiet else {}),
    }


def _is(*severities: Severity) -> str:
    """Return the matcher of severities."""
    return f'severity=~"{"|".join(str(severity) for severity in severities)}"'


def _watchdog(pace: Telling) -> dict[str, Any]:
    """Return the Watchdog's route: at once, and again and again, at night as well."""
    return {
        "receiver": DEAD_MAN,
        "matchers": [f'alertname="{WATCHDOG}"'],
        "group_by": ["alertname"],
        "group_wait": "0s",
        "group_interval": pace.watchdog_interval,
        # It is told at every turn of the group when this has passed; at exactly the group's pace, at every second one.
        "repeat_interval": pace.watchdog_repeat,
    }


def _steps(routing: Routing) -> list[Mapping[str, Any]]:
    """Return the route of each step: the alert says which one it is for."""
    return [{"receiver": step.name, "matchers": [f'escalation="{step.name}"']} for step in routing.steps]


def _receiver(step: Step) -> dict[str, Any]:
    """Return one step's receiver; it hears too when an alert is over."""
    emails = [{"to": address, "send_resolved": True} for address in step.emails]
    hooks = [{"url": url, "send_resolved": True} for url in step.webhooks]
    return {
        "name": step.name,
        **({"email_configs": emails} if emails else {}),
        **({"webhook_configs": hooks} if hooks else {}),
    }


def _heartbeat(dead_man: DeadMan) -> dict[str, Any]:
    """Return how the dead man's switch is called. That the Watchdog is over is no sign of life."""
    token = {"http_config": {"authorization": {"credentials": dead_man.token}}} if dead_man.token else {}
    return {"url": dead_man.url, "send_resolved": False, **token}


def _recorded(ledger: Ledger | None, pace: Telling) -> list[dict[str, Any]]:
    """Return the route to the ledger: every alert of any severity, at any hour; whom it tells does not end there."""
    if ledger is None:
        return []
    return [
        {"receiver": LEDGER, "matchers": [_RECORDED], "continue": True, "repeat_interval": pace.ledger_repeat},
    ]


def _recorder(ledger: Ledger | None) -> list[dict[str, Any]]:
    """Return how the ledger's collector is called: of the end of an alert too."""
    if ledger is None:
        return []
    access: dict[str, Any] = {"authorization": {"credentials": ledger.token}}
    if ledger.authority:
        access["tls_config"] = {"ca": ledger.authority}
    return [{"name": LEDGER, "webhook_configs": [{"url": ledger.url, "send_resolved": True, "http_config": access}]}]


def _mail(mail: Mail | None) -> dict[str, Any]:
    """Return how mail is sent: over TLS, which is Alertmanager's default."""
    return {"global": {"smtp_smarthost": mail.server, "smtp_from": mail.sender}} if mail else {}


def _interval(quiet: Quiet) -> dict[str, Any]:
    """Return the quiet hours."""
    times = _spans(quiet.start, quiet.end)
    return {"name": QUIET_HOURS, "time_intervals": [{"times": times, "location": quiet.time_zone}]}


def _spans(start: str, end: str) -> list[dict[str, str]]:
    """Return a span of the day; Alertmanager takes one over midnight as two."""
    if start == end:
        raise ValueError(f"quiet hours from {start} to {end} are none, or all: give two times")
    if start < end:
        return [{"start_time": start, "end_time": end}]
    after = [{"start_time": "00:00", "end_time": end}] if end > "00:00" else []
    return [{"start_time": start, "end_time": "24:00"}, *after]
