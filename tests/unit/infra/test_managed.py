"""Work on the machine-learning service, and clusters' own alerting, on their way from a stack to components."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.stack import StackError
from headgate.stack.edge import RegionState
from headgate.stack.managed import Managed
from headgate.stack.monitoring import InCluster
from tests.unit.infra.test_stacks import PLATFORM

pytestmark = pytest.mark.unit

DIGEST = "sha256:" + "0" * 64
PROGRAM = {"image": "runtimes/worker", "digest": DIGEST}
NODES = {"size": "Standard_D8s_v5", "max": 2}
ASKED = Managed.model_validate(
    {
        "training": [
            {
                "name": "retrain",
                "model": "fraud-score",
                "trainer": PROGRAM,
                "dataset": "https://data.example.com/in",
                "nodes": NODES,
                "schedule": "0 3 * * 0",
            }
        ],
        "batch": [{"name": "archive", "model": "fraud-score", "digest": DIGEST, "runtime": PROGRAM, "nodes": NODES}],
    }
)
OWN = InCluster.model_validate(
    {
        "dead_man": "https://watch.example.com/v1/heard/platform-prod",
        "mail": {"server": "smtp.example.com:587", "sender": "alerts@example.com"},
    }
)


def test_a_team_works_in_the_platforms_workspace_as_itself(asking: Any, run: Any) -> None:
    """By names that every preview knows: the workspace's, the images', and the model's by its digest."""
    asking(lambda team: team.model_copy(update={"managed": ASKED}))
    program = run("fraud-prod", platform=PLATFORM)
    _, training = program.resources["headgate:index:ManagedTraining::retrain-managed"]
    _, batch = program.resources["headgate:index:ManagedBatchScoring::archive-managed"]
    image = f"hgplatformprod.azurecr.io/runtimes/worker@{DIGEST}"

    assert training["place"] == batch["place"]
    assert training["place"] == {
        "resource_group": "rg-headgate-prod-uaenorth",
        "workspace": "mlw-prod-uaenorth",
        "region": "uaenorth",
    }
    assert training["identity"]["client_id"] == "client of access-uaenorth-identity"
    assert (training["trainer_image"], training["schedule"], training["time_zone"]) == (image, "0 3 * * 0", "UTC")
    assert training["nodes"] == {"size": "Standard_D8s_v5", "max": 2, "idle_minutes": 5, "spot": False}
    assert batch["model_id"] == "azureml://registries/mlr-hg-prod/models/fraud-score/versions/" + DIGEST.replace(
        ":", "-"
    )
    assert (batch["runtime_image"], batch["retries"]) == (image, 3)
    assert program.exports["managed"].keys() == {"training", "batch", "online"}


DEPLOYED = {
    "training": {"retrain": {"candidates": "fraud-retrain", "machine": "Standard_D8s_v5"}, "old": {"candidates": "a"}},
    "batch": {"archive": {"endpoint": "b", "machine": "Standard_D8s_v5, spot"}},
}


def test_what_a_locked_workspace_holds_is_told_before_azure_refuses(asking: Any, run: Any) -> None:
    """Work that is gone from the stack, and work on other machines; whoever takes the lock away is named."""
    asking(lambda team: team.model_copy(update={"managed": ASKED}))
    with pytest.raises(StackError) as caught:
        run(
            "fraud-prod",
            platform=PLATFORM,
            deployed={"organization/headgate/fraud-prod": {"managed": DEPLOYED}},
        )
    found = {each.what: each for each in caught.value.errors}

    assert found.keys() == {
        "`old` can't be deleted: mlw-prod-uaenorth is locked",
        "`archive` can't be deleted: mlw-prod-uaenorth is locked",
    }
    gone = found["`old` can't be deleted: mlw-prod-uaenorth is locked"]
    assert gone.where == "stacks/Pulumi.fraud-prod.yaml"
    assert "pulumi up -s platform-prod" in str(gone.fix)


def test_without_a_place_there_is_no_work(asking: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the workspace's region goes, what the team has there goes first."""
    asking(lambda team: team.model_copy(update={"managed": ASKED}))

    class Standing:
        regions = {"uaenorth": RegionState.DRAINING}  # noqa: RUF012  read, never changed

    monkeypatch.setattr("infra.layers.platform.standing", lambda _name: Standing())
    program = run("fraud-prod", platform=PLATFORM)

    assert not {"ManagedTraining", "ManagedBatchScoring"} & program.kinds().keys()
    assert program.exports["managed"] == {"training": {}, "batch": {}, "online": {}}


def test_each_cluster_judges_by_itself_where_it_is_asked_to(
    asking: Any, run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the platform's own chain; the collector of decisions hears of alerts; the provider edits in place."""
    token = tmp_path / "token"
    token.write_text("secret\n")
    monkeypatch.setenv("HEADGATE_AUDIT_URL", "https://audit.example.com:8443/v1/opa")
    monkeypatch.setenv("HEADGATE_AUDIT_TOKEN_FILE", str(token))
    asking(
        lambda platform: platform.model_copy(
            update={"monitoring": platform.monitoring.model_copy(update={"in_cluster": OWN})}
        )
    )
    program = run("platform-prod")
    _, made = program.resources["headgate:index:ClusterAlerting::alerting-uaecentral"]
    _, provider = program.resources["pulumi:providers:kubernetes::cluster-uaecentral"]

    assert program.kinds()["ClusterAlerting"] == 2
    assert (made["namespace"], made["regions"], made["standby"]) == (
        "monitoring",
        ["uaenorth", "uaecentral"],
        ["uaecentral"],
    )
    assert [step["name"] for step in made["escalation"]] == ["on-call", "lead"]
    assert "https://audit.example.com:8443/v1/alertmanager/platform-prod" in json.dumps(made["ledger"])
    assert made["mail"] == {"server": "smtp.example.com:587", "sender": "alerts@example.com"}
    assert (str(provider["enableConfigMapMutable"]), str(provider["enableSecretMutable"])) == ("true", "true")


def test_no_cluster_does_so_by_itself(run: Any) -> None:
    """The cloud's alerting is enough unless somebody runs another."""
    assert "ClusterAlerting" not in run("platform-prod").kinds()


def test_a_program_that_comes_back_is_a_version_of_another_name(asking: Any, run: Any) -> None:
    """Names are given once: those that the last update exported, and those that stand, are taken."""
    asking(lambda team: team.model_copy(update={"managed": ASKED}))
    facts = {"training": {"retrain": {"environments": ["0" * 16, "f" * 16]}}, "batch": {"archive": {"endpoint": "b"}}}
    program = run("fraud-prod", platform=PLATFORM, deployed={"organization/headgate/fraud-prod": {"managed": facts}})
    _, training = program.resources["headgate:index:ManagedTraining::retrain-managed"]
    _, batch = program.resources["headgate:index:ManagedBatchScoring::archive-managed"]
    exported = program.exports["managed"]

    assert training["environment_version"] == f"{'0' * 16}-2"
    assert exported["training"]["retrain"]["environments"] == ["0" * 16, f"{'0' * 16}-2", "f" * 16]
    # An earlier release exported no names: what it may have left in the workspace has none with a number.
    assert batch["environment_version"] == f"{'0' * 16}-2"


def test_a_program_that_stands_keeps_its_version(asking: Any, run: Any) -> None:
    """Also where an earlier release deployed it; of a first update each version is the beginning of its digest."""
    asking(lambda team: team.model_copy(update={"managed": ASKED}))
    image = f"hgplatformprod.azurecr.io/runtimes/worker@{DIGEST}"
    kind = "azure-native:machinelearningservices:EnvironmentVersion"
    outputs = {"name": "0" * 16, "properties": {"image": image}}
    urn = f"urn:pulumi:fraud-prod::headgate::headgate:index:ManagedTraining${kind}::retrain-managed-environment-version"
    program = run(
        "fraud-prod",
        platform=PLATFORM,
        deployed={"organization/headgate/fraud-prod": {"managed": {"training": {"retrain": {}}}}},
        standing={urn: {"type": kind, "outputs": outputs}, f"{urn}s": {"type": "other", "outputs": {}}},
    )
    _, training = program.resources["headgate:index:ManagedTraining::retrain-managed"]
    _, batch = program.resources["headgate:index:ManagedBatchScoring::archive-managed"]

    assert (training["environment_version"], batch["environment_version"]) == ("0" * 16, "0" * 16)
    assert program.exports["managed"]["training"]["retrain"]["environments"] == ["0" * 16]
