"""Simulated figures of how right a model is: what a pod was told to do wrong shows in them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from components.monitoring.quality import FIGURES
from headgate.sandbox.dataplane.behaviour import Behaviour, Deviation, Rule
from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.metrics import exposition
from headgate.sandbox.dataplane.quality import SimulatedQuality, accuracy
from headgate.sandbox.dataplane.volumes import Volumes

pytestmark = pytest.mark.unit

Make = Callable[..., dict[str, Any]]
WHERE = 'region="uaenorth",namespace="team-fraud",model="fraud-score",version="1.0.0"'


@pytest.fixture
def measured(make_pod: Make) -> tuple[Behaviour, Callable[[], dict[str, float]]]:
    """Return what steers two ready pods of one version, and one that is not, and what is measured of them."""
    cluster, behaviour = Cluster(), Behaviour()
    inputs = (SimpleNamespace(name="amount"),)
    version = SimpleNamespace(name="fraud/fraud-score", version="1.0.0", inputs=inputs)
    late = {"conditions": [{"type": "Ready", "status": "False"}]}
    models = {}
    for name, status in (("a", {}), ("b", {}), ("late", late)):
        cluster.change_pod("ADDED", make_pod(name, metadata={"labels": {"pod": name}}, status=status))
        models["team-fraud", name] = (SimpleNamespace(version=version, digest="sha256:1"),)
    volumes = cast(Volumes, SimpleNamespace(models=models))
    gauges = SimulatedQuality("uaenorth", cluster, volumes, behaviour).gauges()

    def page() -> dict[str, float]:
        lines = [line for line in exposition(gauges).splitlines() if not line.startswith("#")]
        return {key: float(value) for key, _, value in (line.rpartition(" ") for line in lines)}

    return behaviour, page


def test_a_model_that_is_well_has_every_figure(measured: Any) -> None:
    """One of each version, of each input and of each measure; each says that it is simulated."""
    _, page = measured
    drift, accurate, reference, labels, feature, fairness = (
        FIGURES[index] for index in (1, 4, 5, 6, 0, 7)
    )  # in the order of the page, without the distances, which are measured

    assert page() == {
        f"{drift}{{{WHERE}}}": 0.02,
        f"{accurate}{{{WHERE}}}": 0.95,
        f"{reference}{{{WHERE}}}": 0.95,
        f"{labels}{{{WHERE}}}": 1000,
        f'{feature}{{{WHERE},feature="amount"}}': 0.02,
        f'{fairness}{{{WHERE},measure="demographic_parity"}}': 0.02,
        f'{fairness}{{{WHERE},measure="equal_opportunity"}}': 0.02,
    }


def test_the_worst_pod_of_a_version_shows(measured: Any) -> None:
    """One pod of two is enough; what is not ready does not count."""
    behaviour, page = measured
    behaviour.rules["b"] = Rule("b", labels={"pod": "b"}, drift=-0.5, wrong_rate=1.0, unfairness=0.3)
    behaviour.rules["late"] = Rule("late", labels={"pod": "late"}, drift=9.0)
    found = page()

    assert found[f"headgate_model_accuracy_ratio{{{WHERE}}}"] == pytest.approx(0.05)
    assert found[f"headgate_model_prediction_drift_psi{{{WHERE}}}"] == pytest.approx(0.52)
    assert found[f'headgate_model_feature_drift_psi{{{WHERE},feature="amount"}}'] == pytest.approx(0.52)
    assert found[f'headgate_model_fairness_gap{{{WHERE},measure="equal_opportunity"}}'] == pytest.approx(0.32)


def test_a_share_of_false_answers_is_a_share_of_the_accuracy() -> None:
    """What was wrong before is right when it is turned round."""
    assert [accuracy(Deviation(wrong_rate=rate)) for rate in (0, 0.5, 1)] == pytest.approx([0.95, 0.5, 0.05])
