"""What a workspace's Alertmanager is told: a receiver for each action group, silence where processing rules say so.

Pure. Only webhooks on this machine are called; mail, text messages and tickets have nobody here to take them, so their
alerts are seen in Alertmanager alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from headgate.sandbox.azure.counterparts.prometheus_config import ACTIONS, SEVERITY
from headgate.sandbox.azure.types.spec import Body

NOBODY = "nobody"
# Azure's names of time zones are those of Windows.
TIME_ZONES = {
    "UTC": "UTC",
    "Arabian Standard Time": "Asia/Dubai",
    "Arab Standard Time": "Asia/Riyadh",
    "India Standard Time": "Asia/Kolkata",
    "GMT Standard Time": "Europe/London",
    "W. Europe Standard Time": "Europe/Berlin",
    "Eastern Standard Time": "America/New_York",
}


# An entry about the silence would end it; the dead man's switch says nothing but that all is well.
_NOT_RECORDED = 'alertname!~"LedgerNotReceiving.*|Watchdog"'
_LEDGER = "ledger"


@dataclass(frozen=True)
class Ledger:
    """The audit collector, and what it is spoken to with."""

    url: str
    token_file: str
    ca: str


def configuration(
    action_groups: Iterable[Body], processing_rules: Iterable[Body], ledger: Ledger | None = None
) -> dict[str, Any]:
    """Return Alertmanager's configuration. A ledger is told of every alert, at quiet hours too."""
    groups = sorted(
        (group for group in action_groups if group["properties"].get("enabled", True)), key=lambda each: each["name"]
    )
    quiet = [rule for rule in sorted(processing_rules, key=lambda each: each["name"]) if _silences(rule)]
    document: dict[str, Any] = {
        "route": {
            "receiver": NOBODY,
            "group_by": ["..."],
            "group_wait": "1s",
            "group_interval": "5s",
            "repeat_interval": "4h",
            "routes": [_route(group, quiet) for group in groups],
        },
        "receivers": [{"name": NOBODY}, *(_receiver(group) for group in groups)],
    }
    if ledger:
        told = {"receiver": _LEDGER, "matchers": [_NOT_RECORDED], "continue": True, "repeat_interval": "24h"}
        document["route"]["routes"].insert(0, told)
        document["receivers"].append(_ledger(ledger))
    if quiet:
        document["time_intervals"] = [_interval(rule) for rule in quiet]
    return document


def _route(group: Body, quiet: list[Body]) -> dict[str, Any]:
    """Return the route to one action group; every group that a rule names is told."""
    name = group["name"].lower()
    route: dict[str, Any] = {"receiver": name, "matchers": [f'{ACTIONS}=~".*,{name},.*"'], "continue": True}
    if quiet:
        route["routes"] = [
            {
                "receiver": name,
                "matchers": [f'{SEVERITY}=~"{"|".join(_severities(rule))}"'],
                "mute_time_intervals": [rule["name"].lower()],
            }
            for rule in quiet
        ]
    return route


def _receiver(group: Body) -> dict[str, Any]:
    """Return one action group's receiver."""
    hooks = [hook["serviceUri"] for hook in group["properties"].get("webhookReceivers") or []]
    here = [url for url in hooks if urlsplit(url).hostname in {"127.0.0.1", "localhost"}]
    webhooks = [{"url": url, "send_resolved": True} for url in here]
    return {"name": group["name"].lower(), **({"webhook_configs": webhooks} if webhooks else {})}


def _ledger(ledger: Ledger) -> dict[str, Any]:
    """Return the receiver that records."""
    access = {"authorization": {"credentials_file": ledger.token_file}, "tls_config": {"ca_file": ledger.ca}}
    return {
        "name": _LEDGER,
        "webhook_configs": [{"url": ledger.url, "send_resolved": True, "max_alerts": 0, "http_config": access}],
    }


def _silences(rule: Body) -> bool:
    """Say whether a processing rule takes action groups away."""
    properties = rule["properties"]
    return properties.get("enabled", True) and any(
        action["actionType"] == "RemoveAllActionGroups" for action in properties["actions"]
    )


def _severities(rule: Body) -> list[str]:
    """Return the severities that a processing rule is about; all of them without a condition."""
    chosen = [
        value
        for condition in rule["properties"].get("conditions") or []
        if condition.get("field") == "Severity" and condition.get("operator") == "Equals"
        for value in condition.get("values") or []
    ]
    return chosen or ["Sev[0-4]"]


def _interval(rule: Body) -> dict[str, Any]:
    """Return when a processing rule is in force; without a schedule, always."""
    schedule = rule["properties"].get("schedule") or {}
    daily = [row for row in schedule.get("recurrences") or [] if row["recurrenceType"] == "Daily"]
    times = [span for row in daily for span in _spans(row["startTime"][:5], row["endTime"][:5])]
    zone = TIME_ZONES.get(schedule.get("timeZone", "UTC"), "UTC")
    return {
        "name": rule["name"].lower(),
        "time_intervals": [{**({"times": times} if times else {}), "location": zone}],
    }


def _spans(start: str, end: str) -> list[dict[str, str]]:
    """Return a span of the day as Alertmanager takes it: one over midnight is two."""
    if start < end:
        return [{"start_time": start, "end_time": end}]
    after = [{"start_time": "00:00", "end_time": end}] if end > "00:00" else []
    return [{"start_time": start, "end_time": "24:00"}, *after]
