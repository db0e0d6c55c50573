"""What is watched of how right a model is: drift by two measures, accuracy against labels that come late, fairness.

Owns the names of the figures and the alerts on them. Does not measure: whoever compares what a model is asked and
answers with its training and with what came true exports the figures, as the pods do or a job beside them.
"""

from __future__ import annotations

from functools import partial

from components.monitoring.rule import Alert, Group
from components.monitoring.tunables import Quality
from components.monitoring.watched import WHERE, WatchedModel, model_alert

FEATURE_DRIFT = "headgate_model_feature_drift_psi"
PREDICTION_DRIFT = "headgate_model_prediction_drift_psi"
FEATURE_DISTANCE = "headgate_model_feature_drift_ks"
PREDICTION_DISTANCE = "headgate_model_prediction_drift_ks"
ACCURACY = "headgate_model_accuracy_ratio"
REFERENCE = "headgate_model_accuracy_reference_ratio"
LABELLED = "headgate_model_labelled_predictions"
FAIRNESS = "headgate_model_fairness_gap"
FIGURES = (
    FEATURE_DRIFT,
    PREDICTION_DRIFT,
    FEATURE_DISTANCE,
    PREDICTION_DISTANCE,
    ACCURACY,
    REFERENCE,
    LABELLED,
    FAIRNESS,
)


def rules(watched: WatchedModel, owner: str, tune: Quality | None = None) -> Group:
    """Return a model's alerts; none wakes anybody: what drifts has drifted for days."""
    tune = tune or Quality()
    alerts = (*_drift(watched, owner, tune), *_truth(watched, owner, tune))
    return Group(f"quality-{watched.team}-{watched.model}", alerts)


def _worst(watched: WatchedModel, figure: str, *by: str) -> str:
    """Return a figure of each region and version, the largest where several pods tell it."""
    return f"max by ({', '.join(('region', 'version', *by))}) ({figure}{{{watched.selector}}})"


def _drift(watched: WatchedModel, owner: str, tune: Quality) -> tuple[Alert, ...]:
    """Return what tells that the world has moved: two measures, since each sees what the other misses."""
    worst = partial(_worst, watched)
    alert = partial(_alert, watched, owner, tune)
    return (
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
            "ModelFeatureDriftKS",
            "drift",
            f"{worst(FEATURE_DISTANCE, 'feature')} > {tune.drift_ks}",
            "{{ $labels.feature }} is spread otherwise than it was",
            "The Kolmogorov-Smirnov distance to its reference is {{ $value | humanize }}.",
        ),
        alert(
            "ModelPredictionDriftKS",
            "drift",
            f"{worst(PREDICTION_DISTANCE)} > {tune.drift_ks}",
            "its answers are spread otherwise than they were",
            "The Kolmogorov-Smirnov distance to their reference is {{ $value | humanize }}.",
        ),
    )


def _truth(watched: WatchedModel, owner: str, tune: Quality) -> tuple[Alert, ...]:
    """Return what labels tell, once they have come in."""
    worst = partial(_worst, watched)
    alert = partial(_alert, watched, owner, tune)
    known = f"{worst(LABELLED)} >= {tune.least_labels}"
    return (
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
    )


def _alert(
    watched: WatchedModel, owner: str, tune: Quality, name: str, kind: str, expr: str, summary: str, description: str
) -> Alert:
    words = (f"{watched.model}: {summary} ({WHERE})", description)
    return model_alert(watched, owner, name, kind, f"model-{kind}", expr, words, tune.hold)
