"""Whether each region serves, and whether the pods of models get ready."""

from __future__ import annotations

from components.monitoring.rule import Alert, Severity
from components.monitoring.scope import Scope

NAME = "availability"


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return one alert for each region, and one for pods."""
    tune = scope.tunables.availability
    silent = [
        Alert(
            name="RegionNotServing",
            # True also when the series is gone with its region; `== 1` makes a failed scrape absent too, at the price
            # of labels, so that the region is one of the alert's own.
            expr=f'absent(up{{job="models",region="{region}"}} == 1)',
            severity=Severity.CRITICAL,
            owner=scope.owner,
            runbook="region-not-serving",
            summary=f"Region {region} serves no models",
            description=f"No model server of {region} has been heard of for {tune.region_silent}.",
            hold=tune.region_silent,
            labels={"region": region},
        )
        for region in scope.regions
    ]
    return (
        *silent,
        Alert(
            name="ModelPodsNotReady",
            expr='sum by (region, namespace) (headgate_model_pods{ready="false"}) > 0',
            severity=Severity.WARNING,
            owner=scope.owner,
            runbook="model-pods-not-ready",
            summary="Pods of models in {{ $labels.namespace }} ({{ $labels.region }}) do not get ready",
            description=f"{{{{ $value }}}} pods have not been ready for {tune.pods_unready}.",
            hold=tune.pods_unready,
        ),
    )
