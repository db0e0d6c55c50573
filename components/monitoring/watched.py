"""A model that is watched, and the form that all alerts of a model share: warnings, with its team, name and kind."""

from __future__ import annotations

from dataclasses import dataclass

from components.monitoring.rule import Alert, Severity

WHERE = "{{ $labels.region }}, version {{ $labels.version }}"


@dataclass(frozen=True)
class WatchedModel:
    """A model whose figures are watched, in every region and version by itself."""

    team: str
    namespace: str
    model: str

    @property
    def selector(self) -> str:
        """What chooses its series."""
        return f'namespace="{self.namespace}",model="{self.model}"'


def model_alert(
    watched: WatchedModel,
    owner: str,
    name: str,
    kind: str,
    runbook: str,
    expr: str,
    words: tuple[str, str],
    hold: str,
) -> Alert:
    """Return one alert of a model; `words` are its summary and its description. None of them wakes anybody."""
    summary, description = words
    return Alert(
        name=name,
        expr=expr,
        severity=Severity.WARNING,
        owner=owner,
        runbook=runbook,
        summary=summary,
        description=description,
        hold=hold,
        labels={"team": watched.team, "model": watched.model, "kind": kind},
    )
