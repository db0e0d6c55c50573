"""Clusters that tell by themselves, a team that trains when they do, and its work on the machine-learning service.

All from the stack files, on a platform.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from running_platform import Outcome, RunningPlatform, eventually

from headgate.model import Registry, program_image
from headgate.model.images import simulated_image
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.layout import StateDir
from tests.component.monitoring.test_routes import Alertmanager

pytestmark = pytest.mark.stress

PLATFORM, TEAM = "platform-sandbox", "fraud-sandbox"
NAMESPACE = ("-n", "team-fraud")
REGIONS = ("uaenorth", "uaecentral")
RECEIVER = program_image("retraining-receiver", version("headgate"))
TRAINER = simulated_image("simulated-trainer")
OWNED = {"team": "platform", "owner": "ml-platform", "environment": "sandbox", "cost-center": "ml-platform"}
SPACE = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "monitoring", "labels": {f"headgate.dev/{key}": text for key, text in OWNED.items()}},
}
DRIFT = {"alertname": "ModelFeatureDrift", "severity": "warning", "team": "fraud", "model": "fraud-score"}


def tells(config: dict[str, Any]) -> None:
    """Have each cluster judge and tell by itself; the team's receiver hears of drift."""
    config["headgate:platform"]["monitoring"] = {
        "in_cluster": {
            "dead_man": "https://watch.example.com/v1/heard/platform-sandbox",
            "mail": {"server": "smtp.example.com:587", "sender": "alerts@example.com"},
            "training": [{"team": "fraud", "models": ["fraud-score"]}],
        }
    }


def trains(config: dict[str, Any]) -> None:
    """Have the team train when it drifts, and on the machine-learning service."""
    team = config["headgate:team"]
    served = team["models"][0]
    trainer = {"image": TRAINER.repository, "digest": TRAINER.digest}
    team["training"] = [
        {
            "name": "fraud-training",
            "model": "fraud-score",
            "trainer": trainer,
            "dataset": "abfss://training@hgfraud.dfs.core.windows.net/",
            "triggers": {"drift": {"above": 0.25}},
            "resources": {"cpu": "250m", "memory": "256Mi"},
            "scratch": "1Gi",
        }
    ]
    team["retraining_receiver"] = {"image": RECEIVER.repository, "digest": RECEIVER.digest}
    team["managed"] = {
        "training": [
            {
                "name": "fraud-managed",
                "model": "fraud-score",
                "trainer": trainer,
                "dataset": "https://hgfraud.blob.core.windows.net/training",
                "nodes": {"size": "Standard_D8ds_v5", "max": 1},
                "schedule": "0 3 * * 0",
            }
        ],
        "batch": [
            {
                "name": "fraud-archive",
                "model": "fraud-score",
                "digest": served["digest"],
                "runtime": served["runtime"],
                "nodes": {"size": "Standard_D8ds_v5", "max": 2},
            }
        ],
        "online": [
            {
                "name": "fraud-answers",
                "model": "fraud-score",
                "size": "Standard_D4s_v5",
                "versions": [
                    {"name": "blue", "digest": served["digest"], "runtime": served["runtime"], "traffic": 100}
                ],
            },
            {
                "name": "fraud-nearby",
                "model": "fraud-score",
                "in_cluster": {"cpu": "500m", "memory": "512Mi"},
                "versions": [{"name": "blue", "digest": served["digest"], "runtime": served["runtime"]}],
            },
        ],
    }


def deployed(platform: RunningPlatform, stack: str, edit: Any) -> Path:
    """Deploy a stack that asks for more, with the secret that both know."""
    changed = platform.edited(stack, edit)
    kept = changed.rename(changed.with_name(f"retraining-{stack}.yaml"))
    file = ("-s", stack, "--config-file", str(kept))
    told = platform.pulumi("config", "set", "--secret", "headgate:retrainingToken", "what-is-shown", *file)
    assert told.code == 0, told.text
    done = platform.up(stack, "--config-file", str(kept))
    assert done.code == 0, done.text
    return kept


@pytest.fixture(scope="module")
def asked(platform: RunningPlatform) -> Iterator[dict[str, Path]]:
    """Deploy both, and put them back at the end: the team's first, as it came last."""
    registry = Registry("hgplatformsandbox.azurecr.io", sandbox_resolver(StateDir(platform.state)))
    for image in (RECEIVER, TRAINER):
        image.push(registry)
    for region in REGIONS:
        # Whoever runs Prometheus in a cluster brings its namespace.
        made = platform.kubectl(region, "apply", "-f", "-", stdin=json.dumps(SPACE))
        assert made.code == 0, made.text
    files = {stack: deployed(platform, stack, edit) for stack, edit in ((PLATFORM, tells), (TEAM, trains))}
    yield files
    for stack in (TEAM, PLATFORM):
        restored = platform.up(stack)
        assert restored.code == 0, restored.text
    for region in REGIONS:
        left = platform.kubectl(region, "get", "deployments,cronjobs,configmaps", *NAMESPACE, "-o", "name").out
        assert "retraining" not in left
        assert platform.kubectl(region, "delete", "namespace", "monitoring", "--wait=true").code == 0


def routes(platform: RunningPlatform, region: str) -> dict[str, Any]:
    """Return a cluster's configuration of Alertmanager."""
    asked = ("get", "secret", "alertmanager-headgate", "-n", "monitoring", "-o", r"jsonpath={.data.alertmanager\.yaml}")
    found: dict[str, Any] = json.loads(base64.b64decode(platform.kubectl(region, *asked).out))
    return found


def receivers(platform: RunningPlatform, region: str) -> list[dict[str, Any]]:
    """Return whom a cluster's Alertmanager has trained again."""
    return [each for each in routes(platform, region)["receivers"] if each["name"].startswith("training-")]


def steps(outcome: Outcome) -> list[str]:
    """Return what a preview would do, besides nothing."""
    assert outcome.code == 0, outcome.text
    return [step["urn"] for step in outcome.json()["steps"] if step["op"] not in {"same", "read"}]


def test_the_region_that_trains_has_the_receiver_and_tells_it(
    platform: RunningPlatform, asked: dict[str, Path]
) -> None:
    """Two pods that are ready, in one region; the other's Alertmanager has nobody trained."""
    ready = ("get", "deployment", "retraining-receiver", *NAMESPACE, "-o", "jsonpath={.status.availableReplicas}")

    eventually(lambda: platform.kubectl("uaenorth", *ready).out == "2", "both pods of the receiver are ready")
    assert platform.kubectl("uaecentral", *ready).code != 0
    assert receivers(platform, "uaecentral") == []
    (told,) = receivers(platform, "uaenorth")
    assert told["webhook_configs"][0]["url"] == "http://retraining-receiver.team-fraud.svc:8080/v1/alertmanager"


def test_an_alert_of_drift_becomes_a_training_job_that_is_in_the_ledger(
    platform: RunningPlatform, asked: dict[str, Path], tmp_path: Path
) -> None:
    """By the cluster's own configuration: an Alertmanager with it tells the receiver, whose Job the gate admits."""
    process = next(
        row for name, row in platform.processes().items() if name.endswith(".retraining-receiver.retraining-receiver")
    )
    document = json.dumps(routes(platform, "uaenorth"))
    # The one change: this test's Alertmanager is on the machine, where no cluster's names are known.
    document = document.replace("retraining-receiver.team-fraud.svc:8080", f"127.0.0.1:{process['ports']['p8080']}")
    alertmanager = Alertmanager(json.loads(document), tmp_path / "alertmanager")
    try:
        alertmanager.fire({**DRIFT, "feature": "amount"})
        made = ("get", "jobs", *NAMESPACE, "-o", "json")
        (job,) = eventually(lambda: json.loads(platform.kubectl("uaenorth", *made).out)["items"], "a job is made", 120)
    finally:
        alertmanager.stop()
    name = job["metadata"]["name"]
    done = ("get", "job", name, *NAMESPACE, "-o", "jsonpath={.status.succeeded}")

    assert job["metadata"]["ownerReferences"][0]["name"] == "fraud-training"
    assert job["metadata"]["annotations"]["headgate.dev/trained-for"].startswith("ModelFeatureDrift since ")
    eventually(lambda: platform.kubectl("uaenorth", *done).out == "1", "the run has succeeded")
    assert platform.kubectl("uaecentral", "get", "jobs", *NAMESPACE, "-o", "name").out == ""

    def recorded() -> bool:
        found = platform.headgate("audit", "query", "--kind", "retraining", "--json")
        return name in found.out

    eventually(recorded, "the ledger has the run")
    assert platform.kubectl("uaenorth", "delete", "job", name, *NAMESPACE, "--wait=true").code == 0


def managed(platform: RunningPlatform) -> dict[str, Any]:
    """Return what the team's stack says of its work on the service."""
    found = platform.pulumi("stack", "output", "managed", "--json", "-s", TEAM)
    assert found.code == 0, found.text
    return dict(found.json())


def test_a_version_is_asked_once_it_is_there(platform: RunningPlatform, asked: dict[str, Path]) -> None:
    """Azure sends requests to no version that it is still to make: the next update does, and changes nothing else."""
    file = ("--config-file", str(asked[TEAM]))
    before = managed(platform)["online"]["fraud-answers"]
    preview = platform.pulumi("preview", "--json", "-s", TEAM, *file)
    done = platform.up(TEAM, *file)

    assert (before["versions"], before["traffic"]) == (["blue"], {})
    assert {urn.rpartition("::")[2] for urn in steps(preview)} == {
        "fraud-answers-managed",
        "fraud-answers-managed-endpoint",
    }
    assert done.code == 0, done.text
    assert managed(platform)["online"]["fraud-answers"]["traffic"] == {"blue": 100}


def test_an_earlier_program_comes_back(platform: RunningPlatform, asked: dict[str, Path], tmp_path: Path) -> None:
    """Through the gates: one program after another and back is a version of its own, with no way round."""
    config = yaml.safe_load(asked[TEAM].read_text(encoding="utf-8"))
    (job,) = config["config"]["headgate:team"]["managed"]["batch"]
    first, other = job["runtime"]["digest"], TRAINER.digest
    job["runtime"] = {"image": TRAINER.repository, "digest": other}
    changed = tmp_path / "changed.yaml"
    changed.write_text(yaml.safe_dump(config), encoding="utf-8")

    for file in (changed, asked[TEAM]):
        done = platform.up(TEAM, "--config-file", str(file))
        assert done.code == 0, done.text

    short = [digest.removeprefix("sha256:")[:16] for digest in (first, other)]
    assert managed(platform)["batch"]["fraud-archive"]["environments"] == sorted([*short, f"{short[0]}-2"])


def test_work_on_the_machine_learning_service_stands_beside_it(
    platform: RunningPlatform, asked: dict[str, Path]
) -> None:
    """The stack says where its candidates go and what is called; another update of either stack has nothing to do."""
    found = managed(platform)

    assert {section: {*each} for section, each in found.items()} == {
        "training": {"fraud-managed"},
        "batch": {"fraud-archive"},
        "online": {"fraud-answers", "fraud-nearby"},
    }
    assert found["batch"]["fraud-archive"]["endpoint"].startswith("hg-sandbox-fraud-")
    for stack, file in asked.items():
        preview = platform.pulumi("preview", "--json", "-s", stack, "--config-file", str(file))
        assert steps(preview) == [], stack
