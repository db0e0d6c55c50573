"""ManagedTraining and ManagedBatchScoring: jobs on Azure ML that cost nothing while idle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components import names
from components.catalog import ManagedBatchScoring, ManagedTraining

pytestmark = pytest.mark.unit

IMAGE = "hgplatformprod.azurecr.io/runtimes/trainer@sha256:" + "0123456789abcdef" * 4
COMPUTE = "azure-native:machinelearningservices:Compute"
VERSION = "azure-native:machinelearningservices:EnvironmentVersion"
SCHEDULE = "azure-native:machinelearningservices:Schedule"
ENDPOINT = "azure-native:machinelearningservices:BatchEndpoint"
DEPLOYMENT = "azure-native:machinelearningservices:BatchDeployment"
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/jobs"
PLACE = {"resource_group": "rg-headgate-prod-uaenorth", "workspace": "mlw-prod", "region": "uaenorth"}
COMMON: dict[str, Any] = {
    "place": PLACE,
    "nodes": {"size": "Standard_NC24ads_A100_v4", "max": 4},
    "identity": {"id": IDENTITY, "client_id": "client"},
}
# A preview knows it, for the gates see there what is to run.
ENVIRONMENT = (
    "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/rg-headgate-prod-uaenorth/providers"
    "/Microsoft.MachineLearningServices/workspaces/mlw-prod/environments/fraud-retrain/versions/0123456789abcdef"
)
MODEL = "azureml://registries/mlr-hg-prod/models/fraud-score/versions/3"


def training(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one pipeline."""

    def program() -> dict[str, Any]:
        args: Any = {
            **COMMON,
            "ownership": {**ownership, "team": "fraud"},
            "pipeline": "retrain",
            "model": "fraud-score",
            "trainer_image": IMAGE,
            "dataset": "azureml://datastores/fraud/paths/train",
            **more,
        }
        made = ManagedTraining("t", args)
        return {"compute": made.compute_id, "environment": made.environment_id, "candidates": made.candidates}

    return program


def batch(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one batch endpoint."""

    def program() -> dict[str, Any]:
        args: Any = {
            **COMMON,
            "organisation": "hg",
            "ownership": {**ownership, "team": "fraud"},
            "job": "nightly",
            "model_id": MODEL,
            "runtime_image": IMAGE,
            **more,
        }
        made = ManagedBatchScoring("b", args)
        return {"endpoint": made.endpoint, "deployment": made.deployment}

    return program


@pytest.fixture
def tags(tags: dict[str, str]) -> dict[str, str]:
    """Return the team's."""
    return {**tags, "team": "fraud"}


def test_defaults_of_a_pipeline(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """A compute without idle machines, addresses or keys; an environment by digest; no timetable."""
    recording = record(training(ownership))

    assert recording.children() == {
        "t-compute": COMPUTE,
        "t-environment": "azure-native:machinelearningservices:EnvironmentContainer",
        "t-environment-version": VERSION,
    }
    assert recording.one(COMPUTE).inputs == {
        "computeName": "fraud-retrain",
        "workspaceName": "mlw-prod",
        "resourceGroupName": "rg-headgate-prod-uaenorth",
        "location": "uaenorth",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [IDENTITY]},
        "properties": {
            "computeType": "AmlCompute",
            "computeLocation": "uaenorth",
            "disableLocalAuth": True,
            "properties": {
                "osType": "Linux",
                "vmSize": "Standard_NC24ads_A100_v4",
                "vmPriority": "Dedicated",
                "enableNodePublicIp": False,
                "isolatedNetwork": False,
                "remoteLoginPortPublicAccess": "Disabled",
                "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 4, "nodeIdleTimeBeforeScaleDown": "PT5M"},
            },
        },
        "tags": tags,
    }
    version = recording.one(VERSION).inputs
    assert (version["name"], version["version"], version["properties"]["image"]) == (
        "fraud-retrain",
        "0123456789abcdef",
        IMAGE,
    )
    assert recording.outputs["candidates"] == "fraud-fraud-score-candidate"


def test_max_of_a_pipeline(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """A timetable whose job has data for its input and a candidate for its only output."""
    recording = record(
        training(
            ownership,
            schedule="0 3 * * 0",
            time_zone="Arabian Standard Time",
            active=False,
            deadline_minutes=90,
            command="/app/train",
            nodes={"size": "Standard_D8s_v5", "max": 2, "idle_minutes": 10, "spot": True},
        )
    )
    inner = recording.one(COMPUTE).inputs["properties"]["properties"]

    assert (inner["vmPriority"], inner["scaleSettings"]["nodeIdleTimeBeforeScaleDown"]) == ("LowPriority", "PT10M")
    assert recording.one(SCHEDULE).inputs == {
        "name": "fraud-retrain",
        "workspaceName": "mlw-prod",
        "resourceGroupName": "rg-headgate-prod-uaenorth",
        "properties": {
            "displayName": "retrain",
            "description": "Trains candidates of fraud-score.",
            "isEnabled": False,
            "trigger": {
                "triggerType": "Cron",
                "expression": "0 3 * * 0",
                "timeZone": "Arabian Standard Time",
            },
            "action": {
                "actionType": "CreateJob",
                "jobDefinition": {
                    "jobType": "Command",
                    "displayName": "retrain",
                    "experimentName": "fraud-fraud-score",
                    "command": "/app/train --model=fraud-score --dataset=${{inputs.dataset}} "
                    "--output=${{outputs.candidate}}",
                    "computeId": recording.outputs["compute"],
                    "environmentId": ENVIRONMENT,
                    "identity": {"identityType": "Managed", "clientId": "client"},
                    "inputs": {
                        "dataset": {
                            "jobInputType": "uri_folder",
                            "uri": "azureml://datastores/fraud/paths/train",
                            "mode": "ReadOnlyMount",
                        }
                    },
                    "outputs": {
                        "candidate": {
                            "jobOutputType": "custom_model",
                            "assetName": "fraud-fraud-score-candidate",
                            "mode": "Upload",
                        }
                    },
                    "limits": {"jobLimitsType": "Command", "timeout": "PT90M"},
                    "resources": {"instanceCount": 1, "shmSize": "2g"},
                    "isArchived": False,
                    "tags": tags,
                },
            },
            "tags": tags,
        },
    }


def test_defaults_of_a_batch_endpoint(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """Called by identities alone; the model by its id in the registry; no file may fail."""
    recording = record(batch(ownership))

    assert sorted(recording.children()) == [
        "b-compute",
        "b-deployment",
        "b-endpoint",
        "b-environment",
        "b-environment-version",
    ]
    assert recording.one(ENDPOINT).inputs == {
        "endpointName": "hg-prod-fraud-nightly",
        "workspaceName": "mlw-prod",
        "resourceGroupName": "rg-headgate-prod-uaenorth",
        "location": "uaenorth",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [IDENTITY]},
        "properties": {"authMode": "AADToken", "description": "Scores nightly in the background."},
        "tags": tags,
    }
    properties = recording.one(DEPLOYMENT).inputs["properties"]
    assert {key: value for key, value in properties.items() if key not in {"compute", "environmentId"}} == {
        "model": {"referenceType": "Id", "assetId": MODEL},
        "resources": {"instanceCount": 4},
        "maxConcurrencyPerInstance": 1,
        "miniBatchSize": 10,
        "retrySettings": {"maxRetries": 3, "timeout": "PT30M"},
        "errorThreshold": 0,
        "outputAction": "AppendRow",
        "outputFileName": "scores.jsonl",
        "loggingLevel": "Info",
    }


def test_max_of_a_batch_endpoint(record: Any, ownership: dict[str, str]) -> None:
    """Every setting reaches the deployment."""
    recording = record(batch(ownership, files_at_once=100, retries=1, part_minutes=5, failures=3))
    properties = recording.one(DEPLOYMENT).inputs["properties"]

    assert (properties["miniBatchSize"], properties["errorThreshold"]) == (100, 3)
    assert properties["retrySettings"] == {"maxRetries": 1, "timeout": "PT5M"}


@pytest.mark.parametrize("program", [training, batch])
def test_hardened_is_what_everything_gets(record: Any, ownership: dict[str, str], program: Any) -> None:
    """No machine while idle, no public address, no login, no key; who answers, on all that takes tags."""
    recording = record(program(ownership))
    compute = recording.one(COMPUTE).inputs["properties"]

    assert compute["disableLocalAuth"] is True
    assert compute["properties"]["enableNodePublicIp"] is False
    assert compute["properties"]["scaleSettings"]["minNodeCount"] == 0
    for each in recording.resources:
        if each.type.startswith("azure-native:"):
            found = each.inputs.get("tags") or each.inputs["properties"].get("tags")
            assert (found["team"], found["owner"], found["commit"]) == ("fraud", "ml-platform", "0123abc"), each.name


def test_another_image_is_another_version() -> None:
    """An environment's version is the beginning of its image's digest, so none is ever written over."""
    other = IMAGE.replace("0123", "ffff")

    assert names.short_digest(IMAGE) == "0123456789abcdef"
    assert names.short_digest(other) != names.short_digest(IMAGE)
