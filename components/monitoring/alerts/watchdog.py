"""The alert that always fires: whoever stops hearing it knows that nobody would hear any other."""

from __future__ import annotations

from components.monitoring.rule import Alert, Severity
from components.monitoring.scope import Scope

NAME = "watchdog"
WATCHDOG = "Watchdog"


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the one alert."""
    return (
        Alert(
            name=WATCHDOG,
            expr="vector(1)",
            severity=Severity.NONE,
            owner=scope.owner,
            runbook="watchdog",
            summary="Alerting works",
            description="Always fires. A dead-man's switch outside the platform calls when it no longer hears this.",
        ),
    )
