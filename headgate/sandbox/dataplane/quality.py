"""Simulated figures of how right a model is: a data plane has no training data, and no labels ever come in.

What a pod was told to do wrong shows in them: shifted inputs as drift, false answers as lost accuracy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from headgate.sandbox.dataplane.behaviour import Behaviour, Deviation
from headgate.sandbox.dataplane.cache import CachedModel
from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.metrics import Gauge, Labels
from headgate.sandbox.dataplane.volumes import Volumes

# What a healthy model shows: no two samples are spread alike, and no model is always right.
SIMULATED_NOISE = 0.02
SIMULATED_ACCURACY = 0.95
SIMULATED_LABELS = 1000.0
MEASURES = ("demographic_parity", "equal_opportunity")
Figure = Callable[[Deviation], float]
Parts = Callable[[CachedModel], tuple[str, ...]]


def drifted(deviation: Deviation) -> float:
    """Return a stability index for inputs that are shifted by so much."""
    return SIMULATED_NOISE + abs(deviation.drift)


def accuracy(deviation: Deviation) -> float:
    """Return the share of right answers: of those that are turned round, the wrong ones are right."""
    wrong = deviation.wrong_rate
    return max(0.0, SIMULATED_ACCURACY * (1 - wrong) + (1 - SIMULATED_ACCURACY) * wrong)


def unfairness(deviation: Deviation) -> float:
    """Return the gap between groups."""
    return min(1.0, SIMULATED_NOISE + deviation.unfairness)


class SimulatedQuality:
    """The figures of a region's ready pods, the worst of each version."""

    def __init__(self, location: str, cluster: Cluster, volumes: Volumes, behaviour: Behaviour) -> None:
        self._location, self._cluster, self._volumes, self._behaviour = location, cluster, volumes, behaviour

    def gauges(self) -> list[Gauge]:
        """Return them as metrics; each says of itself that it is simulated."""
        by: Labels = ("region", "namespace", "model", "version")
        figures: tuple[tuple[str, str, Figure], ...] = (
            ("headgate_model_prediction_drift_psi", "Stability index of answers against the evaluation", drifted),
            ("headgate_model_accuracy_ratio", "Share of right answers among those whose label is known", accuracy),
            (
                "headgate_model_accuracy_reference_ratio",
                "The same when the model was evaluated",
                lambda _: SIMULATED_ACCURACY,
            ),
            ("headgate_model_labelled_predictions", "Answers whose label is known", lambda _: SIMULATED_LABELS),
        )
        return [
            *(Gauge(name, f"{text} (simulated).", by, partial(self._worst, figure)) for name, text, figure in figures),
            Gauge(
                "headgate_model_feature_drift_psi",
                "Stability index of an input against the training data (simulated).",
                (*by, "feature"),
                partial(self._worst, drifted, _features),
            ),
            Gauge(
                "headgate_model_fairness_gap",
                "Gap between groups of people (simulated).",
                (*by, "measure"),
                partial(self._worst, unfairness, lambda _: MEASURES),
            ),
        ]

    def _worst(self, figure: Figure, parts: Parts | None = None) -> Mapping[Labels, float]:
        """Return a figure of each version, from the pod that deviates most."""
        found: dict[Labels, float] = {}
        for pod in list(self._cluster.pods.values()):
            for cached in self._volumes.models.get(pod.key, ()) if pod.ready else ():
                version = cached.version
                value = figure(self._behaviour.of(version.name, pod))
                about = (self._location, pod.namespace, version.name.rpartition("/")[2], version.version)
                for labels in [(*about, part) for part in parts(cached)] if parts else [about]:
                    standing = found.get(labels, value)
                    found[labels] = min(standing, value) if figure is accuracy else max(standing, value)
        return found


def _features(model: CachedModel) -> tuple[str, ...]:
    """Return what a model's inputs are called."""
    return tuple(spec.name for spec in model.version.inputs)
