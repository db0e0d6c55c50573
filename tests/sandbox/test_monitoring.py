"""The platform measures itself: what is served shows, and what fails is told, and told to be over."""

from __future__ import annotations

import json
import ssl
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from running_platform import CHECKOUT, RunningPlatform, eventually

from headgate.sandbox.dataplane.behaviour import Rule
from headgate.sandbox.dataplane.steering import Steering
from headgate.sandbox.layout import StateDir
from headgate.sandbox.traffic import Load, run

pytestmark = pytest.mark.stress

REQUEST = json.loads((CHECKOUT / "examples/models/fraud-score/samples.json").read_text())[1]["request"]
WORKSPACE = "amw-headgate-sandbox"
OBJECTIVE = "fraud-fraud-score-availability"
ON_CALL = "ag-headgate-sandbox-on-call"


class Monitoring:
    """The platform's Prometheus and Alertmanager, asked over HTTP."""

    def __init__(self, platform: RunningPlatform) -> None:
        ports = {name: row["ports"] for name, row in platform.processes().items()}
        self._prometheus = f"https://127.0.0.1:{ports[f'prometheus-{WORKSPACE}']['https']}"
        self._trusted = ssl.create_default_context(cafile=platform.state / "pki/ca.crt")
        self._alertmanager = f"http://127.0.0.1:{ports[f'alertmanager-{WORKSPACE}']['http']}"

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return what an expression gives now: labels and value."""
        answer = self._get(f"{self._prometheus}/api/v1/query?{urllib.parse.urlencode({'query': expression})}")
        return [(row["metric"], float(row["value"][1])) for row in answer["data"]["result"]]

    def rules(self) -> list[dict[str, Any]]:
        """Return every rule."""
        groups = self._get(f"{self._prometheus}/api/v1/rules")["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def alerts(self, name: str) -> list[dict[str, Any]]:
        """Return the alerts of a name that stand in Alertmanager."""
        found: list[dict[str, Any]] = self._get(f"{self._alertmanager}/api/v2/alerts")
        return [alert for alert in found if alert["labels"]["alertname"] == name]

    def _get(self, url: str) -> Any:
        with urllib.request.urlopen(url, timeout=10, context=self._trusted) as answer:  # noqa: S310  of this machine
            return json.load(answer)


@pytest.fixture
def monitoring(platform: RunningPlatform) -> Monitoring:
    """Return the platform's monitoring."""
    return Monitoring(platform)


@pytest.fixture
def steering(platform: RunningPlatform) -> Iterator[Steering]:
    """Return what tells the primary region to misbehave, and have it well again afterwards."""
    made = Steering(StateDir(platform.state), "aks-sandbox-uaenorth")
    yield made
    made.clear()


def test_both_regions_are_measured(monitoring: Monitoring) -> None:
    """Model servers, gates and API servers of both, registry and ledger: all answer, in the one workspace."""
    wanted = {
        ("apiserver", "uaecentral"),
        ("apiserver", "uaenorth"),
        ("audit", ""),
        ("gate", "uaecentral"),
        ("gate", "uaenorth"),
        ("models", "uaecentral"),
        ("models", "uaenorth"),
        ("registry", ""),
    }

    def answering() -> bool:
        rows = monitoring.query("up")
        return {(labels["job"], labels.get("region", "")) for labels, up in rows if up == 1} == wanted

    eventually(answering, "all that is to be measured answers")


def test_every_rule_is_judged_without_error(monitoring: Monitoring) -> None:
    """The platform's and the team's; of all alerts only the Watchdog fires, and it has reached Alertmanager."""
    eventually(lambda: all(rule["health"] == "ok" for rule in monitoring.rules()), "every rule has been judged")
    names = {rule["name"] for rule in monitoring.rules()}

    assert {"RegionNotServing", "AdmissionGateDown", "ErrorBudgetBurn1h", "Watchdog"} <= names
    eventually(lambda: monitoring.alerts("Watchdog"), "the Watchdog is heard")


def test_a_model_that_is_no_longer_right_is_told(monitoring: Monitoring, steering: Steering) -> None:
    """Drift, lost accuracy and a gap between groups each raise their alert; when it is right again they are over."""
    names = {"ModelFeatureDrift", "ModelPredictionDrift", "ModelAccuracyLow", "ModelUnfair"}

    def standing() -> set[str]:
        found = [alert for name in names for alert in monitoring.alerts(name)]
        assert {alert["labels"]["region"] for alert in found} <= {"uaenorth"}
        return {alert["labels"]["alertname"] for alert in found}

    assert standing() == set()
    steering.set(Rule("shifted", model="fraud-score", drift=0.5, wrong_rate=0.3, unfairness=0.3))
    eventually(lambda: standing() == names, "every one of the alerts stands in Alertmanager", seconds=240)
    steering.clear()
    eventually(lambda: not standing(), "they are over", seconds=420)


def test_an_error_budget_that_burns_is_told_and_told_to_be_over(
    platform: RunningPlatform, monitoring: Monitoring, steering: Steering
) -> None:
    """Half of the answers fail: ledger and on-call are told. All good again: over once the short window is clean."""
    state = StateDir(platform.state)
    endpoint = platform.pulumi("stack", "output", "endpoint", "-s", "platform-sandbox").out.strip()
    url = f"https://{endpoint.removeprefix('https://')}/v2/models/fraud-score/infer"
    served = 'sum(headgate_inference_requests_total{model="fraud-score",region="uaenorth"})'

    def burning() -> list[dict[str, Any]]:
        found = monitoring.alerts("ErrorBudgetBurn1h")
        return [alert for alert in found if alert["labels"]["slo"] == OBJECTIVE]

    run(Load(url, rate=20, seconds=5, body=REQUEST), state)
    eventually(lambda: monitoring.query(served), "requests that were answered show")
    steering.set(Rule("failing", model="fraud-score", error_rate=0.5))

    def fails_until_told() -> bool:
        run(Load(url, rate=5, seconds=4, body=REQUEST), state)
        return bool(burning())

    eventually(fails_until_told, "the alert stands in Alertmanager", seconds=120)
    assert [receiver["name"] for receiver in burning()[0]["receivers"]] == ["ledger", ON_CALL]
    assert burning()[0]["annotations"]["runbook_url"].endswith("/model-availability.md")
    steering.clear()

    def serves_until_over() -> bool:
        run(Load(url, rate=60, seconds=10, body=REQUEST), state)
        return not burning()

    eventually(serves_until_over, "the alert is over", seconds=420)
