"""Whether alerts reach those who are to be told: for platforms that run an Alertmanager of their own.

Of Azure's action groups nothing is measured in the workspace, so these are no alerts of every platform.
"""

from __future__ import annotations

from components.monitoring.rule import Alert, Severity
from components.monitoring.scope import Scope

NAME = "delivery"


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts. An Alertmanager that is down is told by the others: run two at least."""
    tune = scope.tunables.delivery
    failed = "sum by (integration) (rate(alertmanager_notifications_failed_total[5m]))"
    return (
        Alert(
            name="AlertmanagerDown",
            expr='up{job="alertmanager"} == 0',
            severity=Severity.CRITICAL,
            owner=scope.owner,
            runbook="alerts-not-delivered",
            summary="Alertmanager {{ $labels.instance }} does not answer",
            description=f"It has not answered for {tune.down_for}; with the last one nobody is told of anything.",
            hold=tune.down_for,
        ),
        Alert(
            name="AlertsNotDelivered",
            expr=f"{failed} > 0",
            severity=Severity.CRITICAL,
            owner=scope.owner,
            runbook="alerts-not-delivered",
            summary="Alerts do not reach those who are to be told by {{ $labels.integration }}",
            description=f"Notifications by {{{{ $labels.integration }}}} have failed for {tune.failing_for}.",
            hold=tune.failing_for,
        ),
    )
