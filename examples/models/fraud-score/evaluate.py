"""Evaluate the example model on payments that it has not seen, and write the results with their thresholds.

Deterministic, as training is. Needs numpy and onnxruntime only; the model is run as it is served.

    python examples/models/fraud-score/evaluate.py [OUTPUT_FILE]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).parent))
from train import FEATURES, Array, synthetic_payments

SEED = 20250301
ROWS = 20_000
# A payment above it is looked at by a person.
REVIEWED = 0.15
RESULTS = Path(__file__).parent / "proofs" / "evaluation.yaml"


class Scorer:
    """The model, as a pod runs it."""

    def __init__(self, file: Path) -> None:
        self._session = onnxruntime.InferenceSession(file.read_bytes())

    def __call__(self, features: Array) -> Array:
        """Return the scores of payments."""
        (scores,) = self._session.run(None, {"features": features.astype(np.float32)})
        return np.asarray(scores, dtype=np.float64).reshape(-1)


def auc(scores: Array, labels: Array) -> float:
    """Return the chance that a fraud scores above an honest payment."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(1, len(scores) + 1)
    frauds = labels.sum()
    return float((ranks[labels == 1].sum() - frauds * (frauds + 1) / 2) / (frauds * (len(labels) - frauds)))


def gap(scores: Array, labels: Array, group: Array) -> float:
    """Return by how much the shares of honest payments that are stopped differ between two groups."""
    stopped = (scores > REVIEWED)[labels == 0]
    inside = group[labels == 0].astype(bool)
    return float(abs(stopped[inside].mean() - stopped[~inside].mean()))


def importance(score: Scorer, features: Array, labels: Array) -> Array:
    """Return what each feature is worth: by how much the ranking suffers when it is shuffled."""
    random = np.random.default_rng(SEED)
    whole, found = auc(score(features), labels), []
    for column in range(len(FEATURES)):
        shuffled = features.copy()
        random.shuffle(shuffled[:, column])
        found.append(whole - auc(score(shuffled), labels))
    return np.array(found)


def results(file: Path) -> dict[str, Any]:
    """Return the evaluation of a model's file."""
    score = Scorer(file)
    features, labels = synthetic_payments(ROWS, SEED)
    scores = score(features)
    night = (features[:, FEATURES.index("hour")] < 6).astype(np.float64)
    half = ROWS // 2
    first, second = (importance(score, features[part], labels[part]) for part in (slice(half), slice(half, None)))
    return {
        "data": {"name": "synthetic-payments", "version": f"seed-{SEED}"},
        "quality": [
            {"name": "auc", "value": round(auc(scores, labels), 3), "at_least": 0.85},
            {"name": "brier", "value": round(float(((scores - labels) ** 2).mean()), 3), "at_most": 0.1},
        ],
        "fairness": [
            {
                "name": "false_positive_rate_difference",
                "group": "payments at night and by day",
                "value": round(gap(scores, labels, night), 3),
                "at_most": 0.1,
            }
        ],
        "explainability": [
            {
                "name": "importance_stability",
                "method": "permutation importance, correlated between two halves",
                "value": round(float(np.corrcoef(first, second)[0, 1]), 3),
                "at_least": 0.9,
            }
        ],
    }


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
    # JSON is YAML: the same numbers give the same file.
    target.write_text(json.dumps(results(Path(__file__).parent / "model.onnx"), indent=2) + "\n")
