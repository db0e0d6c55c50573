"""EdgeSite and EdgeDeployment: a small cluster outside the cloud, and a model at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import EdgeDeployment, EdgeSite

pytestmark = pytest.mark.unit

CLUSTER = "azure-native:kubernetes:ConnectedCluster"
FLUX = "azure-native:kubernetesconfiguration:FluxConfiguration"
EXTENSION = "azure-native:kubernetesconfiguration:Extension"
REGISTRY = "hgplatformprod.azurecr.io"
MODEL = "models/fraud/fraud-score@sha256:" + "a" * 64
RUNTIME = "runtimes/oip-server@sha256:" + "b" * 64
COMMIT = "0123abcd" * 5


def site(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one site."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": ownership,
            "site": "plant-a",
            "resource_group": "rg-headgate-prod-uaenorth",
            "region": "uaenorth",
            "agent_key": "a2V5",
            "admin_groups": ["g1"],
            "tenant_id": "t1",
            "source": {"url": "https://git.example.com/sites", "commit": COMMIT},
            **more,
        }
        made = EdgeSite("s", args)
        return {"name": made.cluster_name, "kubeconfig": made.kubeconfig}

    return program


def model(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one model at a site."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": {**ownership, "team": "fraud"},
            "site": "plant-a",
            "namespace": "team-fraud",
            "service_account": "models",
            "model": "fraud-score",
            "version": "1.0.0",
            "model_image": f"{REGISTRY}/{MODEL}",
            "runtime_image": f"{REGISTRY}/{RUNTIME}",
            "host": "models.plant-a.example.com",
            "cpu": "250m",
            "memory": "256Mi",
            **more,
        }
        made = EdgeDeployment("e", args)
        return {"path": made.path, "image": made.model_image}

    return program


def test_defaults_of_a_site(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """A record that acts as itself, Flux that stays in its namespace, one commit, and a lock that comes last."""
    recording = record(site(ownership))

    assert recording.children() == {
        "s-cluster": CLUSTER,
        "s-flux": EXTENSION,
        "s-configuration": FLUX,
        "s-cluster-lock": "azure-native:authorization:ManagementLockByScope",
    }
    assert recording.one(CLUSTER).inputs == {
        "clusterName": "arc-prod-plant-a",
        "resourceGroupName": "rg-headgate-prod-uaenorth",
        "location": "uaenorth",
        "identity": {"type": "SystemAssigned"},
        "agentPublicKeyCertificate": "a2V5",
        "aadProfile": {"enableAzureRBAC": True, "tenantID": "t1", "adminGroupObjectIDs": ["g1"]},
        "arcAgentProfile": {"agentAutoUpgrade": "Disabled"},
        "azureHybridBenefit": "NotApplicable",
        "privateLinkState": "Disabled",
        "tags": tags,
    }
    flux = recording.one(FLUX).inputs
    assert flux["gitRepository"] == {
        "url": "https://git.example.com/sites",
        "repositoryRef": {"commit": COMMIT},
        "syncIntervalInSeconds": 600,
        "timeoutInSeconds": 600,
    }
    assert flux["kustomizations"]["site"]["path"] == "./sites/plant-a"
    assert recording.outputs == {"name": "arc-prod-plant-a", "kubeconfig": "kubeconfig of arc-prod-plant-a"}


def test_max_of_a_site(record: Any, ownership: dict[str, str]) -> None:
    """A folder of its own, another rhythm, and rights for those who look after it."""
    recording = record(
        site(
            ownership,
            source={"url": "https://git.example.com/sites", "commit": COMMIT, "path": "./plants/a"},
            sync_minutes=60,
            protect=False,
            guarding={"lock": False, "grants": [{"name": "look", "role": "Reader", "principal_id": "p1"}]},
        )
    )
    flux = recording.one(FLUX).inputs

    assert (flux["kustomizations"]["site"]["path"], flux["gitRepository"]["syncIntervalInSeconds"]) == (
        "./plants/a",
        3600,
    )
    assert sorted(recording.children()) == ["s-cluster", "s-cluster-look-grant", "s-configuration", "s-flux"]
    assert recording.one(CLUSTER).protect is False


def test_hardened_of_a_site(record: Any, ownership: dict[str, str]) -> None:
    """Protected, pruned, one tenant's source out of another's reach, and people with directory roles only."""
    recording = record(site(ownership))
    step = recording.one(FLUX).inputs["kustomizations"]["site"]

    assert recording.one(CLUSTER).protect is True
    assert recording.one(EXTENSION).inputs["configurationSettings"] == {"multiTenancy.enforce": "true"}
    assert (step["prune"], step["force"], step["wait"]) == (True, False, True)
    assert set(recording.one(FLUX).inputs["gitRepository"]["repositoryRef"]) == {"commit"}


def test_defaults_of_a_model_at_a_site(record: Any, ownership: dict[str, str]) -> None:
    """A model deployment of one pod, from the registry itself."""
    recording = record(model(ownership))
    scaler = recording.one("kubernetes:autoscaling/v2:HorizontalPodAutoscaler").inputs["spec"]

    assert recording.one("headgate:index:ModelDeployment").parent == "e"
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (1, 2)
    assert recording.outputs == {"path": "/v2/models/fraud-score", "image": f"{REGISTRY}/{MODEL}"}


def test_max_of_a_model_at_a_site(record: Any, ownership: dict[str, str]) -> None:
    """A mirror changes the host of both images and nothing of their digests; where they are from stays on record."""
    mirror = "registry.plant-a.example.com"
    recording = record(model(ownership, mirror=mirror, min_replicas=2, max_replicas=3, latency_objective_ms=20))
    workload = next(each for each in recording.resources if each.name == "e-model-rollout").inputs
    pod = workload["spec"]["template"]["spec"]

    assert pod["containers"][0]["image"] == f"{mirror}/{RUNTIME}"
    assert pod["volumes"][0]["image"]["reference"] == f"{mirror}/{MODEL}"
    assert workload["metadata"]["annotations"] == {
        "headgate.dev/model-version": "1.0.0",
        "headgate.dev/latency-objective-ms": "20",
        "headgate.dev/site": "plant-a",
        "headgate.dev/origin": f"{REGISTRY}/{MODEL}",
    }


def test_hardened_of_a_model_at_a_site(record: Any, ownership: dict[str, str]) -> None:
    """The same pod as in a region: restricted, read-only, the model as an image volume."""
    pod = next(each for each in record(model(ownership)).resources if each.name == "e-model-rollout").inputs["spec"][
        "template"
    ]["spec"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["volumes"][0]["name"] == "model"
    assert "initContainers" not in pod
