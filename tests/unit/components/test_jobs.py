"""BatchScoring and TrainingPipeline: work that ends, judged like what serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import BatchScoring, TrainingPipeline, WorkloadPriorities
from components.contract.training import TrainingPipelineArgs

pytestmark = pytest.mark.unit

REGISTRY = "hgplatformprod.azurecr.io"
MODEL_IMAGE = f"{REGISTRY}/models/fraud/fraud-score@sha256:" + "a" * 64
RUNTIME_IMAGE = f"{REGISTRY}/runtimes/batch-scorer@sha256:" + "b" * 64
CRON_JOB = "kubernetes:batch/v1:CronJob"
BORDER = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
POD_SECURITY = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "runAsGroup": 65532,
    "fsGroup": 65532,
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
}
IGNORED = {"rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]}


@pytest.fixture
def ownership(ownership: dict[str, str]) -> dict[str, str]:
    """Return a team's."""
    return {**ownership, "team": "fraud"}


def owned(**more: str) -> dict[str, str]:
    """Return the labels of pods of the team."""
    return {
        "app.kubernetes.io/managed-by": "headgate",
        "headgate.dev/team": "fraud",
        "headgate.dev/owner": "ml-platform",
        "headgate.dev/environment": "prod",
        "headgate.dev/cost-center": "ml",
        "headgate.dev/data-class": "restricted",
        "headgate.dev/model": "fraud-score",
        **more,
    }


NIGHTLY = {"app.kubernetes.io/name": "nightly", "headgate.dev/batch": "nightly"}
RETRAIN = {"app.kubernetes.io/name": "retrain", "headgate.dev/training": "retrain"}


def batch(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one batch job."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": ownership,
            "namespace": "team-fraud",
            "job": "nightly",
            "model": "fraud-score",
            "version": "1.0.0",
            "model_image": MODEL_IMAGE,
            "runtime_image": RUNTIME_IMAGE,
            "source": "abfss://in@data.dfs.core.windows.net/day",
            "target": "abfss://out@data.dfs.core.windows.net/day",
            "cpu": "2",
            "memory": "4Gi",
            **more,
        }
        made = BatchScoring("b", args)
        return {"job": made.job, "image": made.model_image}

    return program


def training(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one pipeline."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": ownership,
            "namespace": "team-fraud",
            "pipeline": "retrain",
            "model": "fraud-score",
            "registry": REGISTRY,
            "trainer_image": RUNTIME_IMAGE,
            "dataset": "abfss://train@data.dfs.core.windows.net/",
            "triggers": {},
            "cpu": "8",
            "memory": "32Gi",
            **more,
        }
        made = TrainingPipeline("t", args)
        return {"job": made.job, "candidates": made.candidates}

    return program


def test_defaults_of_a_batch_job(record: Any, ownership: dict[str, str]) -> None:
    """Three objects; without a timetable the job waits to be asked, lets nobody in and gets nowhere."""
    recording = record(batch(ownership))
    wanted = {"cpu": "2", "memory": "4Gi", "ephemeral-storage": "1Gi"}

    assert recording.children() == {"b-account": ACCOUNT, "b-network-policy": BORDER, "b-job": CRON_JOB}
    assert recording.outputs == {"job": "nightly", "image": MODEL_IMAGE}
    assert recording.one(BORDER).inputs["spec"] == {
        "podSelector": {"matchLabels": NIGHTLY},
        "policyTypes": ["Ingress", "Egress"],
    }
    account = recording.one(ACCOUNT).inputs
    assert (account["metadata"]["name"], account["automountServiceAccountToken"]) == ("nightly", False)
    assert recording.one(CRON_JOB).inputs["spec"] == {
        "schedule": "0 0 1 1 *",
        "timeZone": "Etc/UTC",
        "suspend": True,
        "startingDeadlineSeconds": 3600,
        "concurrencyPolicy": "Forbid",
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {
            "metadata": {"labels": owned(**NIGHTLY), "annotations": {"headgate.dev/model-version": "1.0.0"}},
            "spec": {
                "completionMode": "Indexed",
                "completions": 1,
                "parallelism": 1,
                "backoffLimitPerIndex": 3,
                "activeDeadlineSeconds": 21600,
                "ttlSecondsAfterFinished": 604800,
                "podFailurePolicy": IGNORED,
                "template": {
                    "metadata": {"labels": owned(**NIGHTLY), "annotations": {"headgate.dev/model-version": "1.0.0"}},
                    "spec": {
                        "serviceAccountName": "nightly",
                        "automountServiceAccountToken": False,
                        "enableServiceLinks": False,
                        "restartPolicy": "Never",
                        "priorityClassName": "headgate-batch",
                        "securityContext": POD_SECURITY,
                        "nodeSelector": {"headgate.dev/pool": "cpu"},
                        "terminationGracePeriodSeconds": 60,
                        "containers": [
                            {
                                "name": "job",
                                "image": RUNTIME_IMAGE,
                                "args": [
                                    "--model=fraud-score",
                                    "--model-path=/models/fraud-score",
                                    "--source=abfss://in@data.dfs.core.windows.net/day",
                                    "--target=abfss://out@data.dfs.core.windows.net/day",
                                    "--shards=1",
                                    "--shard=$(JOB_COMPLETION_INDEX)",
                                    "--scratch=/scratch",
                                ],
                                "env": [{"name": "TMPDIR", "value": "/scratch"}],
                                "resources": {"requests": wanted, "limits": wanted},
                                "securityContext": CONTAINER_SECURITY,
                                "volumeMounts": [
                                    {"name": "model", "mountPath": "/models/fraud-score", "readOnly": True},
                                    {"name": "scratch", "mountPath": "/scratch"},
                                ],
                            }
                        ],
                        "volumes": [
                            {"name": "model", "image": {"reference": MODEL_IMAGE, "pullPolicy": "IfNotPresent"}},
                            {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}},
                        ],
                    },
                },
            },
        },
    }


def test_max_of_a_batch_job(record: Any, ownership: dict[str, str]) -> None:
    """A timetable in a zone, shards on GPUs a few at once, a queue, an identity, and a door to its data."""
    recording = record(
        batch(
            ownership,
            schedule="30 2 * * *",
            time_zone="Asia/Dubai",
            shards=8,
            parallel=4,
            gpus=1,
            deadline_minutes=30,
            retries=0,
            priority="urgent",
            queue="fraud-gpus",
            networks=["10.20.192.0/18", "10.30.4.0/24"],
            client_id="11111111-0000-4000-8000-000000000001",
        )
    )
    spec = recording.one(CRON_JOB).inputs["spec"]
    job = spec["jobTemplate"]["spec"]
    pod = job["template"]["spec"]

    assert (spec["schedule"], spec["timeZone"], spec["suspend"]) == ("30 2 * * *", "Asia/Dubai", False)
    assert spec["jobTemplate"]["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "fraud-gpus"
    assert {
        key: job[key] for key in ("completions", "parallelism", "backoffLimitPerIndex", "activeDeadlineSeconds")
    } == {
        "completions": 8,
        "parallelism": 4,
        "backoffLimitPerIndex": 0,
        "activeDeadlineSeconds": 1800,
    }
    assert job["template"]["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    assert (pod["priorityClassName"], pod["nodeSelector"]) == ("urgent", {"headgate.dev/pool": "gpu"})
    assert pod["tolerations"] == [{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}]
    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert pod["containers"][0]["args"][4] == "--shards=8"
    assert recording.one(BORDER).inputs["spec"]["egress"] == [
        {
            "to": [{"ipBlock": {"cidr": "10.20.192.0/18"}}, {"ipBlock": {"cidr": "10.30.4.0/24"}}],
            "ports": [{"protocol": "TCP", "port": 443}],
        }
    ]
    assert recording.one(ACCOUNT).inputs["metadata"]["annotations"] == {
        "azure.workload.identity/client-id": "11111111-0000-4000-8000-000000000001"
    }


def test_a_standby_holds_the_job_ready_and_does_not_run_it(record: Any, ownership: dict[str, str]) -> None:
    """The same job with its timetable, suspended: taking over is one field."""
    here = record(batch(ownership, schedule="0 3 * * *")).one(CRON_JOB).inputs["spec"]
    standby = record(batch(ownership, schedule="0 3 * * *", active=False)).one(CRON_JOB).inputs["spec"]

    assert (here["suspend"], standby["suspend"]) == (False, True)
    assert {**here, "suspend": None} == {**standby, "suspend": None}


@pytest.mark.parametrize("program", [batch, training])
def test_hardened_is_what_everything_gets(record: Any, ownership: dict[str, str], program: Any) -> None:
    """Restricted pods without a token, an identity apart from what serves, labels of who answers on each object."""
    recording = record(program(ownership))
    pod = recording.one(CRON_JOB).inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]

    assert pod["securityContext"] == POD_SECURITY
    assert [container["securityContext"] for container in pod["containers"]] == [CONTAINER_SECURITY]
    assert "initContainers" not in pod
    assert (pod["automountServiceAccountToken"], pod["serviceAccountName"] != "models") == (False, True)
    for each in recording.resources:
        if each.type.startswith("kubernetes:"):
            found = each.inputs["metadata"]["labels"]
            assert (found["headgate.dev/owner"], found["headgate.dev/commit"]) == ("ml-platform", "0123abc"), each.name


def test_a_commit_restarts_nothing(record: Any, ownership: dict[str, str]) -> None:
    """Commit and change are on the CronJob, not in what it makes."""
    for program in (batch(ownership), training(ownership)):
        template = record(program).one(CRON_JOB).inputs["spec"]["jobTemplate"]
        labels = {*template["metadata"]["labels"], *template["spec"]["template"]["metadata"]["labels"]}
        assert {"headgate.dev/commit", "headgate.dev/change"} & labels == set()


def test_defaults_of_a_pipeline(record: Any, ownership: dict[str, str]) -> None:
    """Started by hand; what it pushes goes to candidates, and nothing else is told to it."""
    recording = record(training(ownership))
    inputs = recording.one(CRON_JOB).inputs
    pod = inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    candidates = f"{REGISTRY}/candidates/fraud/fraud-score"

    assert recording.children() == {"t-account": ACCOUNT, "t-network-policy": BORDER, "t-job": CRON_JOB}
    assert recording.outputs == {"job": "retrain", "candidates": candidates}
    assert inputs["metadata"]["annotations"] == {"headgate.dev/candidates": candidates}
    assert (inputs["spec"]["suspend"], pod["priorityClassName"]) == (True, "headgate-training")
    assert recording.one(BORDER).inputs["spec"]["podSelector"] == {"matchLabels": RETRAIN}
    assert pod["containers"][0]["args"] == [
        "--model=fraud-score",
        "--dataset=abfss://train@data.dfs.core.windows.net/",
        f"--candidates={candidates}",
        "--scratch=/scratch",
    ]
    assert pod["volumes"] == [{"name": "scratch", "emptyDir": {"sizeLimit": "20Gi"}}]
    assert pod["containers"][0]["resources"]["limits"] == {"cpu": "8", "memory": "32Gi", "ephemeral-storage": "20Gi"}


def test_max_of_a_pipeline(record: Any, ownership: dict[str, str]) -> None:
    """All three triggers: the timetable is the CronJob's, the others are told to what watches them."""
    recording = record(
        training(
            ownership,
            triggers={
                "schedule": "0 4 * * 0",
                "time_zone": "Asia/Dubai",
                "drift": {"alert": "ModelFeatureDrift", "above": 0.25},
                "data": {"path": "abfss://new@data.dfs.core.windows.net/", "after_files": 100},
            },
            gpus=2,
            scratch="15Gi",
            retries=2,
            deadline_minutes=60,
            networks=["10.20.192.0/18"],
        )
    )
    inputs = recording.one(CRON_JOB).inputs
    job = inputs["spec"]["jobTemplate"]["spec"]

    assert inputs["metadata"]["annotations"] == {
        "headgate.dev/candidates": f"{REGISTRY}/candidates/fraud/fraud-score",
        "headgate.dev/retrain-on-alert": "ModelFeatureDrift",
        "headgate.dev/retrain-above": "0.25",
        "headgate.dev/retrain-on-data": "abfss://new@data.dfs.core.windows.net/",
        "headgate.dev/retrain-after-files": "100",
    }
    assert (inputs["spec"]["schedule"], inputs["spec"]["timeZone"], inputs["spec"]["suspend"]) == (
        "0 4 * * 0",
        "Asia/Dubai",
        False,
    )
    assert (job["backoffLimitPerIndex"], job["activeDeadlineSeconds"]) == (2, 3600)
    assert job["template"]["spec"]["containers"][0]["resources"]["requests"]["nvidia.com/gpu"] == "2"


def test_a_pipeline_can_not_be_told_to_put_anything_into_production() -> None:
    """There is no argument for where a candidate goes, for a stage or for a tag: the team and the model say it all."""
    taken = set(TrainingPipelineArgs.__annotations__)

    assert {name for name in taken if name in {"stage", "tag", "target", "output", "repository", "promote"}} == set()
    assert {"registry", "model", "ownership"} <= taken


def test_scoring_and_training_go_after_serving_and_are_not_expendable(record: Any, ownership: dict[str, str]) -> None:
    """Both are below the 0 of serving pods, neither below the autoscaler's -10, and neither ends others' pods."""

    def program() -> dict[str, Any]:
        args: Any = {"ownership": ownership}
        made = WorkloadPriorities("p", args)
        return {"batch": made.batch, "training": made.training}

    recording = record(program)
    found = {
        each.inputs["metadata"]["name"]: (each.inputs["value"], each.inputs["preemptionPolicy"])
        for each in recording.resources
        if each.type == "kubernetes:scheduling.k8s.io/v1:PriorityClass"
    }

    assert found == {"headgate-batch": (-5, "Never"), "headgate-training": (-10, "Never")}
    assert recording.outputs == {"batch": "headgate-batch", "training": "headgate-training"}
