"""The registry of models and images: without it no new pod starts."""

from __future__ import annotations

from components.monitoring.rule import Alert, Severity
from components.monitoring.scope import Scope

NAME = "registry"


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts."""
    tune = scope.tunables.registry
    failed = 'increase(headgate_model_pulls_total{result="failed"}[10m])'
    return (
        Alert(
            name="RegistryDown",
            # Of a platform that does not measure it nothing can be said: absence is no alarm here.
            expr='max(up{job="registry"}) == 0',
            severity=Severity.CRITICAL,
            owner=scope.owner,
            runbook="registry-down",
            summary="The model registry does not answer",
            description=f"It has not answered for {tune.down_for}: pods that must pull can't start.",
            hold=tune.down_for,
        ),
        Alert(
            name="ModelPullsFail",
            expr=f"sum by (region, namespace) ({failed}) > {tune.failed_pulls}",
            severity=Severity.WARNING,
            owner=scope.owner,
            runbook="model-pulls-fail",
            summary="Models can't be pulled in {{ $labels.namespace }} ({{ $labels.region }})",
            description="{{ $value | humanize }} pulls failed in ten minutes.",
            hold=tune.pulls_for,
        ),
    )
