"""Alerts and recording rules as values, and their form in Prometheus' own files.

Owns what every alert must have: severity, owner, runbook. Durations are Prometheus' (`5m`); a cloud that writes them
otherwise converts them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

_DURATION = re.compile(r"(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Severity(StrEnum):
    """What an alert asks of a person."""

    CRITICAL = "critical"
    """Wake somebody: users are hurt now, or the gates are open or shut."""
    WARNING = "warning"
    """Look at it today."""
    INFO = "info"
    """Worth knowing; nobody is told."""
    NONE = "none"
    """The Watchdog, which always fires."""


@dataclass(frozen=True)
class Alert:
    """One alert. `runbook` is a file under docs/runbooks, without its ending; `hold` how long it must be true."""

    name: str
    expr: str
    severity: Severity
    owner: str
    runbook: str
    summary: str
    description: str
    hold: str = "0s"
    labels: Mapping[str, str] = field(default_factory=dict)

    def document(self, runbooks: str) -> dict[str, Any]:
        """Return the rule as Prometheus reads it; `runbooks` is the address under which the runbooks are published."""
        return {
            "alert": self.name,
            "expr": self.expr,
            **({"for": self.hold} if seconds(self.hold) else {}),
            "labels": self.all_labels(),
            "annotations": self.annotations(runbooks),
        }

    def all_labels(self) -> dict[str, str]:
        """Return the labels that routes and rules rely on."""
        return {"severity": str(self.severity), "owner": self.owner, **self.labels}

    def annotations(self, runbooks: str) -> dict[str, str]:
        """Return what a person reads."""
        return {
            "summary": self.summary,
            "description": self.description,
            "runbook_url": f"{runbooks.rstrip('/')}/{self.runbook}.md",
        }


@dataclass(frozen=True)
class Recording:
    """A rule whose result is kept as a series."""

    record: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def document(self, _runbooks: str) -> dict[str, Any]:
        """Return the rule as Prometheus reads it."""
        return {
            "record": self.record,
            "expr": self.expr,
            **({"labels": dict(self.labels)} if self.labels else {}),
        }


Rule = Alert | Recording


@dataclass(frozen=True)
class Group:
    """Rules that are evaluated together, in order."""

    name: str
    rules: tuple[Rule, ...]

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Return the alerts among the rules."""
        return tuple(rule for rule in self.rules if isinstance(rule, Alert))


def document(groups: Iterable[Group], runbooks: str) -> dict[str, Any]:
    """Return a rule file."""
    return {
        "groups": [{"name": group.name, "rules": [rule.document(runbooks) for rule in group.rules]} for group in groups]
    }


def escalated(groups: Iterable[Group], steps: Iterable[tuple[str, int]]) -> tuple[Group, ...]:
    """Add to each critical alert one more for each further step of the escalation chain: the same, held longer.

    Azure's alerts know no chain, and Alertmanager none that waits: an alert of its own for each step works in both, and
    shows who should have heard by now. `steps` are names and minutes; the first is who is told at once.
    """
    first, *further = steps
    return tuple(
        replace(group, rules=tuple(each for rule in group.rules for each in _chain(rule, first[0], further)))
        for group in groups
    )


def fitting(groups: Iterable[Group], most: int) -> Iterator[Group]:
    """Yield the groups in parts of at most `most` rules; the first part keeps the name."""
    for group in groups:
        for start in range(0, len(group.rules), most):
            name = group.name if start == 0 else f"{group.name}-{start // most + 1}"
            yield Group(name, group.rules[start : start + most])


def _chain(rule: Rule, first: str, further: list[tuple[str, int]]) -> list[Rule]:
    """Return a rule with its escalations."""
    if not isinstance(rule, Alert) or rule.severity is not Severity.CRITICAL:
        return [rule]
    held = seconds(rule.hold)
    return [
        replace(rule, labels={**rule.labels, "escalation": first}),
        *(
            replace(
                rule,
                name=f"{rule.name}Step{number}",
                hold=f"{held // 60 + minutes}m",
                labels={**rule.labels, "escalation": name},
            )
            for number, (name, minutes) in enumerate(further, 2)
        ),
    ]


def seconds(duration: str) -> int:
    """Return a duration (`90s`, `5m`, `1h30m`) in seconds."""
    parts = _DURATION.findall(duration)
    if "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"{duration!r} is no duration such as 5m")
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)


def exact(number: float) -> str:
    """Write a bound as it was given: `:g` alone keeps six digits, and 1234567 would be judged as 1234570."""
    return f"{number:.15g}"
