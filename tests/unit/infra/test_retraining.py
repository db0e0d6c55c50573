"""When each model of a stack is trained again, on its way to the object that rules judge."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from headgate.errors import HeadgateError
from headgate.stack import load_stack
from headgate.stack.jobs import RetrainingReceiver
from headgate.stack.monitoring import InCluster
from infra.layers.alerting import build_alerting
from infra.layers.retraining import ledger_of, retraining_token
from infra.settings import Settings
from tests.unit.infra.test_stacks import PLATFORM

if TYPE_CHECKING:
    from components.contract.ownership import Ownership

pytestmark = pytest.mark.unit

OWNERSHIP: Ownership = {
    "team": "platform",
    "owner": "ml-platform",
    "environment": "prod",
    "cost_center": "ml-platform",
    "data_class": "internal",
    "commit": "0123abc",
    "change": "CHG-7",
}
SHARED = {**PLATFORM, "registry": "hgplatformdev.azurecr.io", "sites": {"plant-a": "plant"}}


def test_a_model_says_so_itself_or_its_pipeline_does(run: Any) -> None:
    """In vision-dev one has a pipeline whose triggers count, at its site too, and the other a timetable of its own."""
    program = run("vision-dev", platform=SHARED)
    told = {
        name.rpartition("::")[2]: {
            key.removeprefix("headgate.dev/retrain-"): text
            for key, text in inputs["metadata"]["annotations"].items()
            if key.startswith("headgate.dev/retrain-")
        }
        for name, (kind, inputs) in program.resources.items()
        if kind.endswith(":Rollout")
    }

    layout = {
        "schedule": "0 3 * * 0",
        "time-zone": "Asia/Dubai",
        "on-alert": "ModelFeatureDrift",
        "above": "0.25",
        "on-data": "abfss://labelled@hgvisiondev.dfs.core.windows.net/new",
        "after-files": "500",
    }
    cards = {"schedule": "0 3 1 */3 *", "time-zone": "Asia/Dubai"}
    assert told == {
        "document-layout-uaecentral-rollout": layout,
        "document-layout-uaenorth-rollout": layout,
        "document-layout-site-plant-a-model-rollout": layout,
        "id-card-check-uaecentral-rollout": cards,
        "id-card-check-uaenorth-rollout": cards,
    }


RECEIVER = RetrainingReceiver.model_validate(
    {"image": "runtimes/retraining-receiver", "digest": "sha256:" + "0" * 64, "replicas": 3}
)
SHOWN = "shown"


@pytest.fixture
def receiving(asking: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have the team ask for a receiver, in a job that knows the token and the ledger's collector."""
    asking(lambda team: team.model_copy(update={"retraining_receiver": RECEIVER}))
    token = tmp_path / "token"
    token.write_text("ledger\n")
    monkeypatch.setenv("HEADGATE_AUDIT_URL", "https://audit.example.com:8443/v1/opa")
    monkeypatch.setenv("HEADGATE_AUDIT_TOKEN_FILE", str(token))
    monkeypatch.setattr("pulumi.Config.get_secret", lambda _self, _name: pulumi.Output.secret(SHOWN))


def test_a_receiver_is_where_the_pipelines_that_it_starts_are(receiving: None, run: Any) -> None:
    """In the region that trains alone, from the platform's registry; its runs go where decisions go."""
    program = run("vision-dev", platform=SHARED)
    made = {name: inputs for name, (kind, inputs) in program.resources.items() if kind.endswith(":RetrainingReceiver")}
    ((name, receiver),) = made.items()

    assert name.endswith("::receiver-uaenorth")
    assert receiver["image"] == f"hgplatformdev.azurecr.io/runtimes/retraining-receiver@{RECEIVER.digest}"
    assert (receiver["namespace"], receiver["replicas"]) == ("team-vision", 3)
    assert SHOWN in json.dumps(receiver["token"])
    assert "https://audit.example.com:8443/v1/entries" in json.dumps(receiver["ledger"])
    assert "callers" not in receiver
    assert program.exports["retraining"].keys() == {"uaenorth"}


@pytest.mark.parametrize("given", ["a token", "a collector"])
def test_what_is_missing_ends_an_update_and_no_preview(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """Nobody could call it, or it could record nothing and so start nothing: the error has the command."""
    monkeypatch.delenv("HEADGATE_AUDIT_URL", raising=False)
    ask = (lambda: retraining_token("vision-dev")) if given == "a token" else (lambda: ledger_of("vision-dev"))

    monkeypatch.setattr("pulumi.runtime.is_dry_run", lambda: False)
    monkeypatch.setattr("pulumi.Config.get_secret", lambda _self, _name: None)
    with pytest.raises(HeadgateError) as caught:
        ask()
    assert (
        caught.value.what
        == {
            "a token": "nothing that may call a receiver has a token",
            "a collector": "the receiver has nowhere to record runs, and would start none",
        }[given]
    )
    assert all((caught.value.found, caught.value.expected, caught.value.fix))
    monkeypatch.setattr("pulumi.runtime.is_dry_run", lambda: True)
    monkeypatch.setattr("infra.layers.unknown.unknown", lambda: "not known yet")
    assert "not known yet" in str(ask())


def test_a_cluster_s_alertmanager_tells_the_receivers_of_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the address that every preview knows; the others tell nobody to train."""
    fraud = {"team": "fraud", "models": ["fraud-score"], "alerts": ["ModelPredictionDrift"], "region": "uaecentral"}
    own = InCluster.model_validate(
        {
            "dead_man": "https://watch.example.com/v1/heard/platform-prod",
            "training": [{"team": "vision", "models": ["document-layout"]}, fraud],
        }
    )
    stack = load_stack("platform-prod")
    config = stack.platform.model_copy(
        update={"monitoring": stack.platform.monitoring.model_copy(update={"in_cluster": own})}
    )
    settings = Settings(replace(stack, config=config), OWNERSHIP)
    made: dict[str, Any] = {}
    monkeypatch.delenv("HEADGATE_AUDIT_URL", raising=False)
    monkeypatch.setattr("pulumi.Config.get_secret", lambda _self, _name: SHOWN)
    monkeypatch.setattr("components.catalog.ClusterAlerting", lambda name, args, _opts: made.update({name: args}))
    for region in ("uaenorth", "uaecentral"):
        build_alerting(settings, region, pulumi.ResourceOptions())
    told = {
        name: [(each["team"], each["url"], each["models"], each["alerts"]) for each in args["training"]]
        for name, args in made.items()
    }

    assert told == {
        "alerting-uaenorth": [
            ("vision", "http://retraining-receiver.team-vision.svc:8080", ["document-layout"], ["ModelFeatureDrift"])
        ],
        "alerting-uaecentral": [
            ("fraud", "http://retraining-receiver.team-fraud.svc:8080", ["fraud-score"], ["ModelPredictionDrift"])
        ],
    }
