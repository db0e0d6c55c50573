"""What is watched of how right a model is: drift, accuracy against labels that come late, and fairness.

Owns the names of the figures and the alerts on them. Does not measure: whoever compares what a model is asked and
answers with its training and with what came true exports the figures, as the pods do or a job beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from components.monitoring.rule import Alert, Group, Severity
from components.monitoring.tunables import Quality

FEATURE_DRIFT = "headgate_model_feature_drift_psi"
PREDICTION_DRIFT = "headgate_model_prediction_drift_psi"
ACCURACY = "headgate_model_accuracy_ratio"
REFERENCE = "headgate_model_accuracy_reference_ratio"
LABELLED = "headgate_model_labelled_predictions"
FAIRNESS = "headgate_model_fairness_gap"
FIGURES = (FEATURE_DRIFT, PREDICTION_DRIFT, ACCURACY, REFERENCE, LABELLED, FAIRNESS)

_WHERE = "{{ $labels.region }}, version {{ $labels.version }}"


@dataclass(frozen=True)
class WatchedModel:
    """A model whose figures are watched, in every region and version by itself."""

    team: str
    namespace: str
    model: str
    tunables: Quality = field(default_factory=Quality)


def rules(watched: WatchedModel, owner: str) -> Group:
    """Return a model's alerts; none wakes anybody: what drifts has drifted for days."""
    tune, which = watched.tunables, f'namespace="{watched.namespace}",model="{watched.model}"'

    def worst(figure: str, *by: str) -> str:
        return f"max by ({', '.join(('region', 'version', *by))}) ({figure}{{{which}}})"

    known = f"{worst(LABELLED)} >= {tune.least_labels}"
    alert = partial(_alert, watched, owner)
    return Group(
        f"quality-{watched.team}-{watched.model}",
        (
            alert(
                "ModelFeatureDrift",
                "drift",
                f"{worst(FEATURE_DRIFT, 'feature')} > {tune.drift_psi}",
                "{{ $labels.feature }} is not what it was trained on",
                "Its population stability index against the training data is {{ $value | humanize }}.",
            ),
            alert(
                "ModelPredictionDrift",
                "drift",
                f"{worst(PREDICTION_DRIFT)} > {tune.drift_psi}",
                "its answers are not spread as they were",
                "Their population stability index against the evaluation is {{ $value | humanize }}.",
            ),
            alert(
                "ModelAccuracyLow",
                "accuracy",
                f"({worst(REFERENCE)} - {worst(ACCURACY)}) > {tune.accuracy_drop} and on (region, version) {known}",
                "it is right less often than when it was evaluated",
                "Against the labels that have come in it lost {{ $value | humanizePercentage }} of its accuracy.",
            ),
            alert(
                "ModelUnfair",
                "fairness",
                f"{worst(FAIRNESS, 'measure')} > {tune.fairness_gap}",
                "groups of people are treated apart",
                "The gap between groups is {{ $value | humanize }} by {{ $labels.measure }}.",
            ),
        ),
    )


def _alert(watched: WatchedModel, owner: str, name: str, kind: str, expr: str, summary: str, description: str) -> Alert:
    return Alert(
        name=name,
        expr=expr,
        severity=Severity.WARNING,
        owner=owner,
        runbook=f"model-{kind}",
        summary=f"{watched.model}: {summary} ({_WHERE})",
        description=description,
        hold=watched.tunables.hold,
        labels={"team": watched.team, "model": watched.model, "kind": kind},
    )
