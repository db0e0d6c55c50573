"""The admission gate: nothing is written to a cluster whose gate is down."""

from __future__ import annotations

from components.monitoring.rule import Alert, Severity
from components.monitoring.scope import Scope

NAME = "gate"


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return one alert for each region's gate, and one for a slow one."""
    tune = scope.tunables.gate
    down = [
        Alert(
            name="AdmissionGateDown",
            expr=f'absent(up{{job="gate",region="{region}"}} == 1)',
            severity=Severity.CRITICAL,
            owner=scope.owner,
            runbook="admission-gate-down",
            summary=f"The admission gate of {region} is down",
            description=f"No OPA of {region} has answered for {tune.down_for}: every write to the cluster is refused.",
            hold=tune.down_for,
            labels={"region": region},
        )
        for region in scope.regions
    ]
    buckets = 'rate(http_request_duration_seconds_bucket{job="gate",method="post"}[5m])'
    return (
        *down,
        Alert(
            name="AdmissionGateSlow",
            expr=f"histogram_quantile(0.99, sum by (region, le) ({buckets})) > {tune.slow_seconds}",
            severity=Severity.WARNING,
            owner=scope.owner,
            runbook="admission-gate-slow",
            summary="The admission gate of {{ $labels.region }} is slow",
            description="1 % of reviews take longer than {{ $value | humanizeDuration }}.",
            hold=tune.slow_for,
        ),
    )
