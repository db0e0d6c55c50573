"""The example model is what its training script makes."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from headgate.sandbox.layout import CHECKOUT

pytestmark = pytest.mark.unit

EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"


def train() -> ModuleType:
    """Load the training script as a module."""
    spec = importlib.util.spec_from_file_location("train_fraud_score", EXAMPLE / "train.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_training_again_gives_the_committed_model(tmp_path: Path) -> None:
    """The same graph, and the same weights as far as linear algebra of two machines agrees."""
    train().main(tmp_path)

    made, committed = onnx.load(tmp_path / "model.onnx"), onnx.load(EXAMPLE / "model.onnx")
    assert [(n.op_type, list(n.input)) for n in made.graph.node] == [
        (n.op_type, list(n.input)) for n in committed.graph.node
    ]
    for one, other in zip(made.graph.initializer, committed.graph.initializer, strict=True):
        np.testing.assert_allclose(numpy_helper.to_array(one), numpy_helper.to_array(other), rtol=1e-4)


def test_the_committed_model_gives_the_sample_scores() -> None:
    """Whoever sends a sample can check the answer."""
    session = onnxruntime.InferenceSession((EXAMPLE / "model.onnx").read_bytes())

    for sample in json.loads((EXAMPLE / "samples.json").read_text()):
        (tensor,) = sample["request"]["inputs"]
        features = np.asarray(tensor["data"], dtype=np.float32).reshape(tensor["shape"])
        (scores,) = session.run(None, {"features": features})
        np.testing.assert_allclose(scores.reshape(-1), sample["expected"]["score"], atol=1e-3)


def test_the_model_separates_usual_payments_from_fraud() -> None:
    """A model that scores all alike would pass every plumbing test: this one must rank."""
    module = train()
    features, labels = module.synthetic_payments(rows=4000, seed=7)
    session = onnxruntime.InferenceSession((EXAMPLE / "model.onnx").read_bytes())
    (scores,) = session.run(None, {"features": features.astype(np.float32)})

    order = scores.reshape(-1).argsort().argsort()
    positive = labels == 1
    area = (order[positive].sum() - positive.sum() * (positive.sum() - 1) / 2) / (positive.sum() * (~positive).sum())
    assert area > 0.85
