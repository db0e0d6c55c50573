"""Batch scoring, training and language models on the platform: asked for in a stack file, deployed in both regions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_platform import Outcome, RunningPlatform, eventually

from headgate.model import Registry
from headgate.model.images import simulated_image
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.layout import StateDir
from headgate.stack import load_stack

pytestmark = pytest.mark.stress

STACK = "fraud-sandbox"
NAMESPACE = ("-n", "team-fraud")
REGIONS = ("uaenorth", "uaecentral")


def workloads(config: dict[str, Any]) -> None:
    """Ask for one of each."""
    team = config["headgate:team"]
    model = load_stack(STACK).team.models[0]
    team["batch"] = [
        {
            "name": "nightly-score",
            "model": model.name,
            "version": model.version,
            "digest": model.digest,
            "runtime": program("simulated-batch-scorer"),
            "source": "abfss://payments@hgfraud.dfs.core.windows.net/day",
            "target": "abfss://scores@hgfraud.dfs.core.windows.net/day",
            "schedule": "30 2 * * *",
            "time_zone": "Asia/Dubai",
            "resources": {"cpu": "250m", "memory": "256Mi"},
            "shards": 3,
            "parallel": 2,
        }
    ]
    team["training"] = [
        {
            "name": "fraud-training",
            "model": model.name,
            "trainer": program("simulated-trainer"),
            "dataset": "abfss://training@hgfraud.dfs.core.windows.net/",
            "triggers": {"drift": {"above": 0.25}},
            "resources": {"cpu": "250m", "memory": "256Mi"},
            "scratch": "1Gi",
        }
    ]


def program(name: str) -> dict[str, str]:
    """Return a simulated program's image, as a stack file names it."""
    return {"image": f"runtimes/{name}", "digest": simulated_image(name).digest}


@pytest.fixture(scope="module")
def asked(platform: RunningPlatform) -> Iterator[Path]:
    """Deploy one of each, and put the team's stack back at the end."""
    registry = Registry("hgplatformsandbox.azurecr.io", sandbox_resolver(StateDir(platform.state)))
    for name in ("simulated-batch-scorer", "simulated-trainer"):
        simulated_image(name).push(registry)
    changed = platform.edited(STACK, workloads)
    kept = changed.rename(changed.with_name("jobs-fraud-sandbox.yaml"))
    deployed = platform.up(STACK, "--config-file", str(kept))
    assert deployed.code == 0, deployed.text
    yield kept
    restored = platform.up(STACK)
    assert restored.code == 0, restored.text
    for region in REGIONS:
        assert platform.kubectl(region, "get", "cronjobs,jobs", *NAMESPACE, "-o", "name").out == ""


def cron_jobs(platform: RunningPlatform, region: str) -> dict[str, bool]:
    """Return the CronJobs of a region, and whether each is suspended."""
    found = json.loads(platform.kubectl(region, "get", "cronjobs", *NAMESPACE, "-o", "json").out)
    return {item["metadata"]["name"]: item["spec"]["suspend"] for item in found["items"]}


def operations(outcome: Outcome) -> dict[str, str]:
    """Return the operation of each step of a preview that is one, by the resource's name; components are no objects."""
    assert outcome.code == 0, outcome.text
    return {
        step["urn"].rpartition("::")[2]: step["op"]
        for step in outcome.json()["steps"]
        if step["op"] not in {"same", "read"} and "headgate:index:" not in step["urn"].split("::")[2].rpartition("$")[2]
    }


def test_jobs_are_in_both_regions_and_keep_time_in_one(platform: RunningPlatform, asked: Path) -> None:
    """The standby holds the batch job ready; the pipeline waits for its trigger in both."""
    assert {region: cron_jobs(platform, region) for region in REGIONS} == {
        "uaenorth": {"nightly-score": False, "fraud-training": True},
        "uaecentral": {"nightly-score": True, "fraud-training": True},
    }


def test_a_second_update_changes_nothing(platform: RunningPlatform, asked: Path) -> None:
    """What the clusters made of it is what was asked for."""
    preview = platform.pulumi("preview", "--json", "-s", STACK, "--config-file", str(asked))

    assert operations(preview) == {}


@pytest.mark.parametrize("region", REGIONS)
def test_a_job_that_is_asked_for_runs_every_shard_with_the_very_model(
    platform: RunningPlatform, asked: Path, region: str
) -> None:
    """Three pods pass the gate, get the model by digest from the registry, and the job completes."""
    made = platform.kubectl(region, "create", "job", "--from=cronjob/nightly-score", "by-hand", *NAMESPACE)
    assert made.code == 0, made.text

    done = ("get", "job", "by-hand", *NAMESPACE, "-o", "jsonpath={.status.succeeded} {.status.completedIndexes}")
    eventually(lambda: platform.kubectl(region, *done).out == "3 0-2", "all three shards have succeeded")
    pods = json.loads(
        platform.kubectl(region, "get", "pods", *NAMESPACE, "-l", "headgate.dev/batch=nightly-score", "-o", "json").out
    )["items"]
    digest = load_stack(STACK).team.models[0].digest
    assert {pod["spec"]["volumes"][0]["image"]["reference"].rpartition("@")[2] for pod in pods} == {digest}
    assert {pod["spec"]["priority"] for pod in pods} == {-5}
    assert platform.kubectl(region, "delete", "job", "by-hand", *NAMESPACE, "--wait=true").code == 0


def test_a_pipeline_pushes_candidates_and_is_told_of_no_other_place(platform: RunningPlatform, asked: Path) -> None:
    """It runs when asked; its arguments name candidates, which nothing serves from."""
    made = platform.kubectl("uaenorth", "create", "job", "--from=cronjob/fraud-training", "by-drift", *NAMESPACE)
    assert made.code == 0, made.text

    done = ("get", "job", "by-drift", *NAMESPACE, "-o", "jsonpath={.status.succeeded}")
    eventually(lambda: platform.kubectl("uaenorth", *done).out == "1", "the run has succeeded")
    where = "jsonpath={.spec.template.spec.containers[0].args}"
    arguments = json.loads(platform.kubectl("uaenorth", "get", "job", "by-drift", *NAMESPACE, "-o", where).out)
    assert [item for item in arguments if "azurecr.io" in item] == [
        "--candidates=hgplatformsandbox.azurecr.io/candidates/fraud/fraud-score"
    ]
    assert platform.kubectl("uaenorth", "delete", "job", "by-drift", *NAMESPACE, "--wait=true").code == 0


CHANGES: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "timetable": ("batch", {"schedule": "0 4 * * *", "time_zone": "Etc/UTC"}, {"nightly-score-{}-job"}),
    "size": (
        "batch",
        {"shards": 4, "parallel": 4, "resources": {"cpu": "500m", "memory": "512Mi"}},
        {"nightly-score-{}-job"},
    ),
    "patience": ("batch", {"deadline_minutes": 30, "retries": 0}, {"nightly-score-{}-job"}),
    "data": (
        "batch",
        {"source": "https://data.example.com/in", "networks": ["10.99.0.0/24"]},
        {"nightly-score-{}-job", "nightly-score-{}-network-policy"},
    ),
    "region": ("batch", {"region": "uaecentral"}, {"nightly-score-{}-job"}),
    "triggers": (
        "training",
        {"triggers": {"schedule": "0 5 * * 0", "data": {"path": "https://data.example.com/new", "after_files": 5}}},
        {"fraud-training-{}-job"},
    ),
    "scratch": ("training", {"scratch": "2Gi", "retries": 3, "deadline_minutes": 90}, {"fraud-training-{}-job"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_setting_changes_in_place(platform: RunningPlatform, asked: Path, change: str) -> None:
    """A job's settings update it in both regions; nothing is replaced, and nothing else is touched."""
    section, values, touched = CHANGES[change]

    def edit(config: dict[str, Any]) -> None:
        workloads(config)
        config["headgate:team"][section][0].update(values)

    edited = platform.edited(STACK, edit)
    preview = platform.pulumi("preview", "--json", "-s", STACK, "--config-file", str(edited))

    assert operations(preview) == {name.format(region): "update" for name in touched for region in REGIONS}


def test_the_other_region_takes_the_jobs_over_in_place(platform: RunningPlatform, asked: Path) -> None:
    """One setting moves the timetable: suspended here, kept there, nothing made anew."""

    def edit(config: dict[str, Any]) -> None:
        workloads(config)
        config["headgate:team"]["batch"][0]["region"] = "uaecentral"

    moved = platform.up(STACK, "--config-file", str(platform.edited(STACK, edit)))
    assert moved.code == 0, moved.text
    assert {region: cron_jobs(platform, region)["nightly-score"] for region in REGIONS} == {
        "uaenorth": True,
        "uaecentral": False,
    }
    assert platform.up(STACK, "--config-file", str(asked)).code == 0


def test_a_job_without_a_digest_is_refused_by_the_cluster(platform: RunningPlatform, asked: Path) -> None:
    """The gate judges a CronJob's pods as it does a Deployment's: by digest and from the platform's registry."""
    document = json.loads(platform.kubectl("uaenorth", "get", "cronjob", "nightly-score", *NAMESPACE, "-o", "json").out)
    spec = document["spec"]
    spec["jobTemplate"]["spec"]["template"]["spec"]["volumes"][0]["image"]["reference"] = "docker.io/models/any:latest"
    body = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "sneaky", "namespace": "team-fraud"},
        "spec": spec,
    }
    refused = platform.kubectl("uaenorth", "create", "-f", "-", stdin=json.dumps(body))

    assert refused.code != 0
    assert "HG-SC-001" in refused.text
    assert "HG-SC-002" in refused.text
