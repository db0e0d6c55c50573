"""Rules that watch an objective's error budget: recorded ratios over each window, an alert for each pair of windows."""

from __future__ import annotations

from collections.abc import Iterable

from components.monitoring.rule import Alert, Group, Recording, Severity, seconds
from components.monitoring.slo.openslo import Objective
from components.monitoring.tunables import BURNS, Burn

# The share that may be bad, beside the shares that are: dashboards divide the one by the other.
BUDGET = "slo:error_budget:ratio"
# What to do when the budget of an objective burns that has no page of its own.
ANY_RUNBOOK = "objective-burns"


def burn_rules(objective: Objective, owner: str, runbook: str, burns: Iterable[Burn] = BURNS) -> Group:
    """Return the rules of one objective, the recorded budget and ratios first."""
    pairs = tuple(burns)
    labels = {"slo": objective.name, "service": objective.service, **objective.labels}
    windows = sorted({window for burn in pairs for window in (burn.long, burn.short)}, key=seconds)
    recorded = [
        Recording(BUDGET, f"vector({objective.budget:.9g})", labels),
        *(Recording(series(window), objective.errors(window), labels) for window in windows),
    ]
    alerts = [_alert(objective, burn, owner, runbook, labels) for burn in pairs]
    return Group(f"slo-{objective.name}", (*recorded, *alerts))


def series(window: str) -> str:
    """Return the name under which a window's share of bad requests is kept."""
    return f"slo:sli_error:ratio_rate{window}"


def _alert(objective: Objective, burn: Burn, owner: str, runbook: str, labels: dict[str, str]) -> Alert:
    """Return the alert of one pair of windows. It needs no `for`: the long window is the patience."""
    chosen = f'{{slo="{objective.name}"}}'
    limit = f"{burn.factor * objective.budget:.9g}"
    return Alert(
        name=f"ErrorBudgetBurn{burn.long}",
        expr=f"{series(burn.long)}{chosen} > {limit} and {series(burn.short)}{chosen} > {limit}",
        severity=Severity.CRITICAL if burn.critical else Severity.WARNING,
        owner=owner,
        runbook=runbook,
        summary=f"{objective.name} burns its error budget {burn.factor:g} times too fast",
        description=(
            f"{{{{ $value | humanizePercentage }}}} of the last {burn.long} was bad; "
            f"{objective.description or 'the objective'} allows {objective.budget:.4%} over {objective.window}."
        ),
        labels={**labels, "window": burn.long},
    )
