"""Traffic that goes where it should not have to."""

from __future__ import annotations

from components.monitoring.rule import Alert, Severity
from components.monitoring.scope import Scope

NAME = "failover"


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return one alert for each region that should serve: another one answers, and it does not.

    In an active-active platform each is watched against the others; with a standby, only what serves first is.
    """
    if len(scope.regions) < 2:
        return ()
    tune = scope.tunables.failover
    return tuple(
        Alert(
            name="FailoverActive",
            expr=f"{_rate('!=', region)} > {tune.requests_per_second} unless {_rate('=', region)} > 0",
            severity=Severity.WARNING,
            owner=scope.owner,
            runbook="failover-active",
            summary=f"Traffic of {region} has failed over",
            description=f"{region} answers nothing; others answer {{{{ $value | humanize }}}} requests a second.",
            hold=tune.active_for,
            labels={"region": region},
        )
        for region in scope.active
    )


def _rate(comparison: str, region: str) -> str:
    """Return the requests answered a second in a region, or in all others."""
    return f'sum(rate(headgate_inference_requests_total{{region{comparison}"{region}"}}[5m]))'
