"""What a model is there for, as its team measures it: figures that the team names, each with a bound.

Owns the alert. Does not own the figure: whatever the team's own programs export from its namespace will do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from components.monitoring.rule import Alert, Group, exact
from components.monitoring.watched import WatchedModel, model_alert

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# The labels by which a figure is the team's, and that metric: nobody writes them over.
RESERVED = frozenset({"namespace", "__name__"})


@dataclass(frozen=True)
class Indicator:
    """A figure of the business, and between which bounds it is well: at least one of the two."""

    name: str
    metric: str
    description: str
    below: float | None = None
    """It is told when the figure falls below."""
    above: float | None = None
    """It is told when the figure rises above."""
    minutes: int = 15
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no selector, or bounds nothing."""
        if not _METRIC.fullmatch(self.metric):
            raise ValueError(f"{self.metric!r} is no name of a metric")
        wrong = [label for label in self.labels if not _LABEL.fullmatch(label) or label in RESERVED]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no label that indicator {self.name} may choose by")
        if self.below is None and self.above is None:
            raise ValueError(f"indicator {self.name} has no bound: give `below`, `above` or both")


def rules(watched: WatchedModel, owner: str, indicators: tuple[Indicator, ...]) -> Group:
    """Return an alert for each indicator."""
    return Group(f"business-{watched.team}-{watched.model}", tuple(_alert(watched, owner, each) for each in indicators))


def _alert(watched: WatchedModel, owner: str, indicator: Indicator) -> Alert:
    figure = f"avg by (region) ({indicator.metric}{{{_selector(watched, indicator)}}})"
    bounds = (("<", indicator.below), (">", indicator.above))
    expr = " or ".join(f"{figure} {sign} {exact(bound)}" for sign, bound in bounds if bound is not None)
    wanted = " and ".join(
        f"{words} {exact(bound)}"
        for words, bound in (("at least", indicator.below), ("at most", indicator.above))
        if bound is not None
    )
    words = (
        f"{watched.model}: {indicator.name} is not as it should be ({{{{ $labels.region }}}})",
        f"{indicator.description}: it is {{{{ $value | humanize }}}}, and should be {wanted}.",
    )
    runbook = "business-indicator"
    made = model_alert(
        watched, owner, "BusinessIndicatorOff", "kpi", runbook, expr, words, f"{int(indicator.minutes)}m"
    )
    return Alert(**{**vars(made), "labels": {**made.labels, "indicator": indicator.name}})


def _selector(watched: WatchedModel, indicator: Indicator) -> str:
    """Return what chooses the figure: the team's own namespace, and what the team adds."""
    chosen = {"namespace": watched.namespace, **indicator.labels}
    return ",".join(f"{label}={_quoted(value)}" for label, value in chosen.items())


def _quoted(value: str) -> str:
    """Return a label's value in PromQL's quotes, whatever is in it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
