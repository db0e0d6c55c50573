"""Train the example model: logistic regression on seeded synthetic card payments, written as ONNX.

Deterministic: the same seed gives the same data, the same weights and the same file. Needs numpy and onnx only.

    python examples/models/fraud-score/train.py [OUTPUT_DIRECTORY]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

SEED = 20240229
ROWS = 20_000
FEATURES = ("amount", "hour", "merchant_risk", "card_age_years", "foreign", "velocity_1h")
# What the synthetic world punishes, in the order of FEATURES, on standardised values.
TRUTH = np.array([0.9, 0.15, 1.1, -0.6, 0.8, 1.4])
INTERCEPT = -3.2

Array = npt.NDArray[np.float64]


def synthetic_payments(rows: int = ROWS, seed: int = SEED) -> tuple[Array, Array]:
    """Return features and fraud labels drawn from a fixed world."""
    random = np.random.default_rng(seed)
    features = np.column_stack(
        [
            random.lognormal(3.5, 1.0, rows),
            random.integers(0, 24, rows).astype(np.float64),
            random.beta(2.0, 6.0, rows),
            random.gamma(2.0, 2.0, rows),
            (random.random(rows) < 0.12).astype(np.float64),
            random.poisson(1.5, rows).astype(np.float64),
        ]
    )
    standardised = (features - features.mean(axis=0)) / features.std(axis=0)
    probability = _sigmoid(standardised @ TRUTH + INTERCEPT)
    return features, (random.random(rows) < probability).astype(np.float64)


def fit(features: Array, labels: Array, rounds: int = 25, ridge: float = 1e-3) -> tuple[Array, float]:
    """Return weights and intercept on raw features, by Newton's method on standardised ones."""
    mean, spread = features.mean(axis=0), features.std(axis=0)
    design = np.column_stack([(features - mean) / spread, np.ones(len(features))])
    weights = np.zeros(design.shape[1])
    for _ in range(rounds):
        predicted = _sigmoid(design @ weights)
        gradient = design.T @ (predicted - labels) / len(labels) + ridge * weights
        curvature = (design * (predicted * (1 - predicted))[:, None]).T @ design / len(labels)
        weights -= np.linalg.solve(curvature + ridge * np.eye(len(weights)), gradient)
    raw = weights[:-1] / spread
    return raw, float(weights[-1] - raw @ mean)


def to_onnx(weights: Array, intercept: float) -> onnx.ModelProto:
    """Return the graph: features -> MatMul -> Add -> Sigmoid -> score."""
    kernel = numpy_helper.from_array(weights.reshape(-1, 1).astype(np.float32).round(7), "weights")
    offset = numpy_helper.from_array(np.array([intercept], dtype=np.float32).round(7), "intercept")
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["features", "weights"], ["product"]),
            helper.make_node("Add", ["product", "intercept"], ["logit"]),
            helper.make_node("Sigmoid", ["logit"], ["score"]),
        ],
        "fraud-score",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", len(FEATURES)])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["batch", 1])],
        [kernel, offset],
    )
    # Old operator set and format on purpose: every runtime of the last five years reads them.
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="headgate"
    )
    onnx.checker.check_model(model)
    return model


def samples(weights: Array, intercept: float) -> list[dict[str, object]]:
    """Return requests of the Open Inference Protocol with the scores that they must give."""
    rows = np.array([[25.0, 14, 0.1, 6.0, 0, 1], [180.0, 3, 0.4, 1.0, 1, 4], [60.0, 20, 0.3, 2.5, 0, 2]])
    scores = _sigmoid(rows @ weights + intercept)
    return [
        {
            "name": name,
            "request": {
                "inputs": [{"name": "features", "datatype": "FP32", "shape": [1, len(FEATURES)], "data": row.tolist()}]
            },
            "expected": {"score": [round(float(score), 4)]},
        }
        for name, row, score in zip(("groceries", "night-abroad", "evening-online"), rows, scores, strict=True)
    ]


def main(directory: Path) -> None:
    """Train, and write the model with its sample requests."""
    features, labels = synthetic_payments()
    weights, intercept = fit(features, labels)
    (directory / "model.onnx").write_bytes(to_onnx(weights, intercept).SerializeToString(deterministic=True))
    (directory / "samples.json").write_text(json.dumps(samples(weights, intercept), indent=2) + "\n")


def _sigmoid(value: Array) -> Array:
    result: Array = 1.0 / (1.0 + np.exp(-value))
    return result


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
