"""What models are asked and answer, measured: distances of distributions, faults of inputs, means of answers."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from headgate.sandbox.dataplane.metrics import exposition
from headgate.sandbox.dataplane.observed import WINDOW, Observed, ks_statistic

pytestmark = pytest.mark.unit

WHERE = 'region="uaenorth",namespace="team-fraud",model="fraud-score",version="1.0.0"'
NORMAL = np.random.default_rng(1)


def model(tmp_path: Path, *features: str) -> Any:
    """Return a model of one table with such columns."""
    (tmp_path / "model.json").write_text(json.dumps({"features": list(features)} if features else {}))
    return SimpleNamespace(
        version=SimpleNamespace(digest=f"sha256:{'-'.join(features)}", version="1.0.0"),
        files={"model.json": tmp_path / "model.json"},
        inputs=(SimpleNamespace(name="features"),),
    )


def pod(**ranges: tuple[float, float]) -> Any:
    """Return a pod that was told what is possible."""
    return SimpleNamespace(namespace="team-fraud", input_ranges=ranges)


def page(observed: Observed) -> dict[str, float]:
    """Return every sample."""
    lines = [line for line in exposition(observed.metrics()).splitlines() if not line.startswith("#")]
    return {key: float(value) for key, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [([1, 2, 3, 4], [1, 2, 3, 4], 0), ([1, 2], [3, 4], 1), ([1, 2, 3, 4], [3, 4, 5, 6], 0.5), ([0, 0, 1], [0], 1 / 3)],
)
def test_the_distance_is_the_largest_gap_between_the_distribution_functions(
    first: list[float], second: list[float], expected: float
) -> None:
    """By hand, with values that are equal too."""
    assert ks_statistic(np.array(first, dtype=float), np.array(second, dtype=float)) == pytest.approx(expected)


def test_each_column_is_compared_with_what_was_asked_first(tmp_path: Path) -> None:
    """One that moves shows, one that does not stays near; of few values nothing is said."""
    observed, served = Observed("uaenorth"), model(tmp_path, "amount", "hour")

    def ask(shift: float, rows: int) -> None:
        table = NORMAL.normal(0, 1, (rows, 2)) + np.array([shift, 0])
        observed.take(pod(), served, "fraud-score", {"features": table}, {"score": table[:, :1]})

    ask(0, WINDOW)
    assert not [name for name in page(observed) if "_ks" in name]
    ask(3, WINDOW)
    found = page(observed)

    assert found[f'headgate_model_feature_drift_ks{{{WHERE},feature="amount"}}'] > 0.8
    assert found[f'headgate_model_feature_drift_ks{{{WHERE},feature="hour"}}'] < 0.2
    assert found[f'headgate_model_prediction_drift_ks{{{WHERE},output="score"}}'] > 0.8
    assert found[f'headgate_model_answer_mean{{{WHERE},output="score"}}'] == pytest.approx(3, abs=0.3)


def test_what_is_missing_or_impossible_is_counted(tmp_path: Path) -> None:
    """By feature; a value that is no number is not out of range as well, and moves no distribution."""
    observed, served = Observed("uaenorth"), model(tmp_path, "amount", "hour")
    table = np.array([[1, 2], [float("nan"), 25], [-5, 3]])
    observed.take(pod(amount=(0, 100), hour=(0, 24)), served, "fraud-score", {"features": table}, {})

    assert page(observed) == {
        f'headgate_model_input_values_total{{{WHERE},feature="amount"}}': 3,
        f'headgate_model_input_values_total{{{WHERE},feature="hour"}}': 3,
        f'headgate_model_input_faults_total{{{WHERE},feature="amount",fault="missing"}}': 1,
        f'headgate_model_input_faults_total{{{WHERE},feature="amount",fault="out_of_range"}}': 1,
        f'headgate_model_input_faults_total{{{WHERE},feature="hour",fault="out_of_range"}}': 1,
    }


@pytest.mark.parametrize(
    ("shape", "features", "names"),
    [
        ((4, 2), (), {"features_0", "features_1"}),
        ((4, 2), ("only",), {"features_0", "features_1"}),
        ((4, 100), (), {"features"}),
        ((4,), (), {"features"}),
    ],
)
def test_a_table_without_names_counts_by_places_and_an_image_as_a_whole(
    tmp_path: Path, shape: tuple[int, ...], features: tuple[str, ...], names: set[str]
) -> None:
    """What has no names that fit."""
    observed = Observed("uaenorth")
    texts = {"words": np.array(["a"], dtype=object)}
    observed.take(pod(), model(tmp_path, *features), "fraud-score", {"features": np.zeros(shape), **texts}, {})
    found = {name.split('feature="')[1].rstrip('"}') for name in page(observed)}

    assert found == names


def test_a_version_that_nobody_serves_is_forgotten(tmp_path: Path) -> None:
    """Its distributions go; what was counted stays, as counters do."""
    observed = Observed("uaenorth")
    observed.take(pod(), model(tmp_path), "fraud-score", {}, {"score": np.ones((1, 1))})
    assert page(observed)
    observed.keep_only({("team-fraud", "2.0.0")})

    assert page(observed) == {}
