"""The admission gate: nothing is written to a cluster whose gate is down."""

from __future__ import annotations

from components.monitoring.rule import Alert, Severity
from components.monitoring.scope import Scope

NAME = "gate"


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return one alert for each region's gate; one for a slow, one for an ignorant and one for an unrecorded one."""
    tune = scope.tunables.gate
    heard = 'last_success_bundle_activation{job="gate",name="facts"}'
    buckets = 'rate(http_request_duration_seconds_bucket{job="gate",method="post"}[5m])'
    return (
        *_down(scope),
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
        Alert(
            name="AdmissionFactsOld",
            # A gate that was given its rules as files follows no facts: absence is no alarm here.
            expr=f"time() - min by (region) ({heard}) / 1e9 > {tune.facts_seconds}",
            severity=Severity.WARNING,
            owner=scope.owner,
            runbook="admission-facts-old",
            summary="The admission gate of {{ $labels.region }} has heard nothing new of models",
            description="What it knows is {{ $value | humanizeDuration }} old; at 15 minutes new models are refused.",
        ),
        _unrecorded(scope),
    )


def _down(scope: Scope) -> list[Alert]:
    """Return the alert of each region whose gate does not answer."""
    tune = scope.tunables.gate
    return [
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


def _unrecorded(scope: Scope) -> Alert:
    """Return the alert about decisions that nobody takes."""
    return Alert(
        name="AdmissionUnrecorded",
        expr=f'max by (region) (decision_logs_buffer_size_bytes{{job="gate"}}) > {scope.tunables.gate.waiting_bytes}',
        severity=Severity.CRITICAL,
        owner=scope.owner,
        runbook="ledger-collector-down",
        summary="The admission gate of {{ $labels.region }} closes: its decisions are not recorded",
        description="{{ $value | humanize1024 }}B wait for the ledger's collector; soon nothing new is let in.",
    )
