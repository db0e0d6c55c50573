"""What the models of a region are asked and answer, measured request by request: faults of inputs, and distributions.

Real figures, of what really went in and came out, as the model saw it. A data plane has no training data: a version's
reference is what it was asked first, and it is gone at a restart.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from headgate.sandbox.dataplane.metrics import Counter, Gauge, Labels, Metric
from headgate.sandbox.dataplane.objects import Pod
from headgate.sandbox.dataplane.runtime import LoadedModel
from headgate.sandbox.dataplane.tensors import Array

# Values that a distribution is read from: of fewer, chance has too large a part.
WINDOW = 200
LEAST = 50
# A tensor of more columns than this has no features that people have names for.
MOST_FEATURES = 64
DESCRIPTION = "model.json"
_VERSION: Labels = ("region", "namespace", "model", "version")


@dataclass
class Distribution:
    """The first values that were seen, and the last."""

    first: list[float] = field(default_factory=list)
    last: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))

    def take(self, values: Array) -> None:
        """Take values in the order in which they came."""
        numbers = values[np.isfinite(values)].tolist()
        room = WINDOW - len(self.first)
        self.first += numbers[:room]
        self.last.extend(numbers[room:] if room > 0 else numbers)

    def distance(self) -> float | None:
        """Return the Kolmogorov-Smirnov statistic of the last values against the first; None while they are few."""
        if len(self.first) < WINDOW or len(self.last) < LEAST:
            return None
        return ks_statistic(np.array(self.first), np.array(self.last))

    def mean(self) -> float | None:
        """Return the mean of the last values, of the first while there are no others."""
        values = self.last or self.first
        return float(np.mean(values)) if values else None


def ks_statistic(first: Array, second: Array) -> float:
    """Return the largest distance between the empirical distribution functions of two samples."""
    points = np.concatenate([first, second])
    below = [np.searchsorted(np.sort(sample), points, side="right") / len(sample) for sample in (first, second)]
    return float(np.max(np.abs(below[0] - below[1])))


class Observed:
    """The figures of all versions that a region serves."""

    def __init__(self, location: str) -> None:
        self._location = location
        self._inputs: dict[Labels, Distribution] = {}
        self._outputs: dict[Labels, Distribution] = {}
        self._features: dict[str, dict[str, tuple[str, ...]]] = {}
        self._lock = threading.Lock()
        by: Labels = (*_VERSION, "feature")
        self._values = Counter(
            "headgate_model_input_values_total", "Values of an input that a model was asked with.", by
        )
        self._faults = Counter(
            "headgate_model_input_faults_total", "Those that are missing or out of range.", (*by, "fault")
        )

    def metrics(self) -> list[Metric]:
        """Return all of them as metrics."""
        reference = "against what this version was asked first"
        return [
            self._values,
            self._faults,
            self._gauge("feature_drift_ks", f"Distance of an input {reference}.", "feature", Distribution.distance),
            self._gauge("prediction_drift_ks", f"Distance of an answer {reference}.", "output", Distribution.distance),
            self._gauge("answer_mean", "Mean of what a version answered last.", "output", Distribution.mean),
        ]

    def take(
        self, pod: Pod, model: LoadedModel, name: str, inputs: Mapping[str, Array], outputs: Mapping[str, Array]
    ) -> None:
        """Take one request as the model saw it, and its answer."""
        about: Labels = (self._location, pod.namespace, name, model.version.version)
        with self._lock:
            for feature, values in self._columns(model, inputs):
                self._count((*about, feature), values, pod.input_ranges.get(feature))
                self._inputs.setdefault((*about, feature), Distribution()).take(values)
            for output, array in outputs.items():
                if array.dtype.kind in "fiub":
                    self._outputs.setdefault((*about, output), Distribution()).take(array.reshape(-1).astype(float))

    def _count(self, about: Labels, values: Array, bounds: tuple[float, float] | None) -> None:
        missing = int(np.count_nonzero(np.isnan(values)))
        self._values.add(*about, amount=float(values.size))
        if missing:
            self._faults.add(*about, "missing", amount=float(missing))
        if bounds is not None:
            outside = int(np.count_nonzero((values < bounds[0]) | (values > bounds[1])))
            if outside:
                self._faults.add(*about, "out_of_range", amount=float(outside))

    def _columns(self, model: LoadedModel, inputs: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
        """Yield each feature's values: the columns of a table by their names, else a tensor as a whole."""
        named = self._names(model)
        for name, array in inputs.items():
            if array.dtype.kind not in "fiu":
                continue
            table = array.reshape(array.shape[0], -1) if array.ndim > 1 else array.reshape(-1, 1)
            columns = named.get(name, ())
            if table.shape[1] != len(columns):
                columns = (name,) if table.shape[1] == 1 or table.shape[1] > MOST_FEATURES else ()
            if len(columns) == table.shape[1]:
                yield from ((column, table[:, place].astype(float)) for place, column in enumerate(columns))
            elif columns:
                yield name, table.reshape(-1).astype(float)
            else:
                yield from ((f"{name}_{place}", table[:, place].astype(float)) for place in range(table.shape[1]))

    def _names(self, model: LoadedModel) -> dict[str, tuple[str, ...]]:
        """Return what the features of a model's one table are called, by the description beside its weights."""
        if model.version.digest not in self._features:
            path = model.files.get(DESCRIPTION)
            listed = json.loads(path.read_text(encoding="utf-8")).get("features") if path else None
            features = tuple(str(each) for each in listed) if isinstance(listed, list) else ()
            single = model.inputs[0].name if len(model.inputs) == 1 else ""
            self._features[model.version.digest] = {single: features}
        return self._features[model.version.digest]

    def _gauge(self, name: str, text: str, part: str, read: Callable[[Distribution], float | None]) -> Gauge:
        def rows() -> dict[Labels, float]:
            kept = self._inputs if part == "feature" else self._outputs
            with self._lock:
                found = {about: read(distribution) for about, distribution in kept.items()}
            return {about: value for about, value in found.items() if value is not None}

        return Gauge(f"headgate_model_{name}", text, (*_VERSION, part), rows)

    def keep_only(self, versions: set[tuple[str, str]]) -> None:
        """Forget the distributions of what is served no more, by namespace and version."""
        with self._lock:
            for kept in (self._inputs, self._outputs):
                for about in [about for about in kept if (about[1], about[3]) not in versions]:
                    del kept[about]
