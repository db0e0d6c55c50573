"""EdgeSite and EdgeDeployment: a small cluster outside the cloud, and a model at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.catalog import EdgeDeployment, EdgeSite, ModelDeployment
from headgate.sandbox.providers.kubernetes.immutable import replaces, replacing_fields
from headgate.sandbox.providers.kubernetes.kinds import Kind
from headgate.sandbox.providers.protocol.diff import changes, path_text
from headgate.sandbox.providers.protocol.values import value_at
from tests.unit.components.conftest import SUBSCRIPTION, Recording, Registered

pytestmark = pytest.mark.unit

CLUSTER = "azure-native:kubernetes:ConnectedCluster"
FLUX = "azure-native:kubernetesconfiguration:FluxConfiguration"
ROLLOUT = "kubernetes:argoproj.io/v1alpha1:Rollout"
EXTENSION = "azure-native:kubernetesconfiguration:Extension"
REGISTRY = "hgplatformprod.azurecr.io"
MODEL = "models/fraud/fraud-score@sha256:" + "a" * 64
RUNTIME = "runtimes/oip-server@sha256:" + "b" * 64
MIRROR = "registry.plant-a.example.com"
WORKSPACE = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"
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
            "workspace_id": WORKSPACE,
            "source": {"url": "https://git.example.com/sites", "commit": COMMIT},
            **more,
        }
        made = EdgeSite("s", args)
        return {"id": made.cluster_id, "name": made.cluster_name, "kubeconfig": made.kubeconfig}

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


def inputs_of(recording: Recording) -> dict[str, tuple[str, str, bool, dict[str, Any]]]:
    """Return type, parent, protection and inputs of each resource, but for the component's own."""
    return {
        each.name: (each.type, each.parent, each.protect, each.inputs)
        for each in recording.resources
        if each.type != "headgate:index:EdgeSite"
    }


def whole_site(tags: dict[str, str]) -> dict[str, tuple[str, str, bool, dict[str, Any]]]:
    """Return all that a site is made of, by default."""
    place = {
        "clusterRp": "Microsoft.Kubernetes",
        "clusterResourceName": "connectedClusters",
        "clusterName": "arc-prod-plant-a",
        "resourceGroupName": "rg-headgate-prod-uaenorth",
    }
    cluster = {
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
    flux = {
        **place,
        "extensionName": "flux",
        "extensionType": "microsoft.flux",
        "autoUpgradeMinorVersion": True,
        "releaseTrain": "Stable",
        "scope": {"cluster": {"releaseNamespace": "flux-system"}},
        "configurationSettings": {"multiTenancy.enforce": "true"},
    }
    configuration = {
        **place,
        "fluxConfigurationName": "headgate",
        "namespace": "headgate-edge",
        "scope": "cluster",
        "suspend": False,
        "sourceKind": "GitRepository",
        "gitRepository": {
            "url": "https://git.example.com/sites",
            "repositoryRef": {"commit": COMMIT},
            "syncIntervalInSeconds": 600,
            "timeoutInSeconds": 600,
        },
        "kustomizations": {
            "site": {
                "path": "./sites/plant-a",
                "prune": True,
                "force": False,
                "wait": True,
                "syncIntervalInSeconds": 600,
                "retryIntervalInSeconds": 60,
                "timeoutInSeconds": 600,
            }
        },
    }
    logs = {
        "name": "headgate-audit",
        "resourceUri": f"{SUBSCRIPTION}/s-cluster",
        "workspaceId": WORKSPACE,
        "logs": [{"categoryGroup": "allLogs", "enabled": True}],
    }
    lock = {
        "lockName": "headgate-keep",
        "level": "CanNotDelete",
        "scope": f"{SUBSCRIPTION}/s-cluster",
        "notes": "Made by Headgate: take it away in the stack's settings (lock: false), in an update of its own.",
    }
    return {
        "s-cluster": (CLUSTER, "s", True, cluster),
        "s-cluster-diagnostics": ("azure-native:monitor:DiagnosticSetting", "s", False, logs),
        "s-cluster-lock": ("azure-native:authorization:ManagementLockByScope", "s", False, lock),
        "s-configuration": (FLUX, "s", False, configuration),
        "s-flux": (EXTENSION, "s", False, flux),
    }


def test_defaults_of_a_site(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """A record that acts as itself and logs, Flux that stays in its namespace, one commit, a lock over all of it."""
    recording = record(site(ownership))

    assert inputs_of(recording) == whole_site(tags)
    assert recording.outputs == {
        "id": f"{SUBSCRIPTION}/s-cluster",
        "name": "arc-prod-plant-a",
        "kubeconfig": "kubeconfig of arc-prod-plant-a",
    }
    assert recording.calls == [
        (
            "azure-native:kubernetes:listConnectedClusterUserCredential",
            {
                "authenticationMethod": "AAD",
                "clientProxy": True,
                "clusterName": "arc-prod-plant-a",
                "resourceGroupName": "rg-headgate-prod-uaenorth",
            },
        )
    ]


def test_max_of_a_site(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """A folder of its own, a private repository, another rhythm, and rights for those who look after it."""
    source = {"url": "https://git.example.com/sites", "commit": COMMIT, "path": "./plants/a", "secret": "git"}
    grants = [{"name": "look", "role": "Reader", "principal_id": "p1"}]
    recording = record(
        site(
            ownership,
            admin_groups=["g1", "g2"],
            source=source,
            sync_minutes=60,
            protect=False,
            guarding={"lock": False, "grants": grants},
        )
    )
    expected = whole_site(tags)
    kind, parent, _, cluster = expected["s-cluster"]
    cluster["aadProfile"]["adminGroupObjectIDs"] = ["g1", "g2"]
    expected["s-cluster"] = (kind, parent, False, cluster)
    del expected["s-cluster-lock"]
    configuration = expected["s-configuration"][3]
    configuration["gitRepository"] |= {"localAuthRef": "git", "syncIntervalInSeconds": 3600}
    configuration["kustomizations"]["site"] |= {"path": "./plants/a", "syncIntervalInSeconds": 3600}
    grant = recording.one("azure-native:authorization:RoleAssignment", "s-cluster-look-grant")

    assert {name: each for name, each in inputs_of(recording).items() if name != grant.name} == expected
    assert (grant.inputs["scope"], grant.inputs["principalId"]) == (f"{SUBSCRIPTION}/s-cluster", "p1")


def test_hardened_of_a_site(record: Any, ownership: dict[str, str]) -> None:
    """What a reviewer looks for: protected, locked, logged, pruned, one commit, people with directory roles only."""
    recording = record(site(ownership))
    cluster, flux = recording.one(CLUSTER), recording.one(FLUX).inputs
    step = flux["kustomizations"]["site"]

    assert (cluster.protect, "s-cluster-lock" in recording.children()) == (True, True)
    assert cluster.inputs["aadProfile"]["enableAzureRBAC"] is True
    assert cluster.inputs["arcAgentProfile"] == {"agentAutoUpgrade": "Disabled"}
    assert recording.one(EXTENSION).inputs["configurationSettings"] == {"multiTenancy.enforce": "true"}
    assert (step["prune"], step["force"], step["wait"]) == (True, False, True)
    assert set(flux["gitRepository"]["repositoryRef"]) == {"commit"}
    assert not {"configurationProtectedSettings", "httpsUser"} & {*flux, *flux["gitRepository"]}


def deployed(recording: Recording) -> dict[str, Registered]:
    """Return the Kubernetes objects."""
    return {each.name: each for each in recording.resources if each.type.startswith("kubernetes:")}


def as_deployment(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of the model deployment that a site's model is, written out."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": {**ownership, "team": "fraud"},
            "namespace": "team-fraud",
            "service_account": "models",
            "model": "fraud-score",
            "version": "1.0.0",
            "model_image": f"{REGISTRY}/{MODEL}",
            "runtime_image": f"{REGISTRY}/{RUNTIME}",
            "host": "models.plant-a.example.com",
            "cpu": "250m",
            "memory": "256Mi",
            "min_replicas": 1,
            "max_replicas": 2,
            "target_cpu_percent": 80,
            "latency_objective_ms": 100,
            "annotations": {"headgate.dev/site": "plant-a", "headgate.dev/origin": f"{REGISTRY}/{MODEL}"},
            **more,
        }
        parent = pulumi.ComponentResource("test:index:EdgeDeployment", "e")
        return {"path": ModelDeployment("e-model", args, pulumi.ResourceOptions(parent=parent)).path}

    return program


def test_defaults_of_a_model_at_a_site(record: Any, ownership: dict[str, str]) -> None:
    """The very objects of a model deployment of one pod, from the registry itself: nothing is left out at the edge."""
    recording = record(model(ownership))

    assert deployed(recording) == deployed(record(as_deployment(ownership)))
    assert recording.children() == {
        "e-model-autoscaler": "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
        "e-model-disruption-budget": "kubernetes:policy/v1:PodDisruptionBudget",
        "e-model-ingress": "kubernetes:networking.k8s.io/v1:Ingress",
        "e-model-network-policy": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "e-model-rollout": ROLLOUT,
        "e-model-service": "kubernetes:core/v1:Service",
    }
    assert recording.one("headgate:index:ModelDeployment").parent == "e"
    assert recording.outputs == {"path": "/v2/models/fraud-score", "image": f"{REGISTRY}/{MODEL}"}


def test_max_of_a_model_at_a_site(record: Any, ownership: dict[str, str]) -> None:
    """A mirror changes the host of both images and nothing of their digests; where they are from stays on record."""
    sizes = {"min_replicas": 2, "max_replicas": 3, "latency_objective_ms": 20}
    recording = record(model(ownership, mirror=MIRROR, **sizes))
    images = {"model_image": f"{MIRROR}/{MODEL}", "runtime_image": f"{MIRROR}/{RUNTIME}"}

    assert deployed(recording) == deployed(record(as_deployment(ownership, **images, **sizes)))
    assert recording.outputs["image"] == f"{MIRROR}/{MODEL}"
    assert recording.one(ROLLOUT).inputs["metadata"]["annotations"] == {
        "headgate.dev/model-version": "1.0.0",
        "headgate.dev/latency-objective-ms": "20",
        "headgate.dev/site": "plant-a",
        "headgate.dev/origin": f"{REGISTRY}/{MODEL}",
        "pulumi.com/patchForce": "true",
        "pulumi.com/timeoutSeconds": "600",
        "pulumi.com/waitFor": "jsonpath={.status.phase}=Healthy",
    }


def test_hardened_of_a_model_at_a_site(record: Any, ownership: dict[str, str]) -> None:
    """The same pod as in a region: restricted, read-only, the model as an image volume."""
    pod = record(model(ownership, mirror=MIRROR)).one(ROLLOUT).inputs["spec"]["template"]["spec"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["volumes"][0] == {
        "name": "model",
        "image": {"reference": f"{MIRROR}/{MODEL}", "pullPolicy": "IfNotPresent"},
    }
    assert "initContainers" not in pod


POD = "spec.template.spec"
IN_PLACE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "version": (
        {"version": "1.1.0"},
        {
            'e-model-rollout metadata.annotations["headgate.dev/model-version"]',
            'e-model-rollout spec.template.metadata.annotations["headgate.dev/model-version"]',
        },
    ),
    "model": (
        {"model_image": f"{REGISTRY}/{MODEL.replace('a' * 64, 'c' * 64)}"},
        {
            'e-model-rollout metadata.annotations["headgate.dev/origin"]',
            f"e-model-rollout {POD}.volumes[0].image.reference",
        },
    ),
    "runtime": (
        {"runtime_image": f"{REGISTRY}/{RUNTIME.replace('b' * 64, 'c' * 64)}"},
        {f"e-model-rollout {POD}.containers[0].image"},
    ),
    "rollback": (
        {"rollback": "2026-01-31 from 1.3.0: drift"},
        {'e-model-rollout metadata.annotations["headgate.dev/rollback"]'},
    ),
    "mirror": (
        {"mirror": MIRROR},
        {f"e-model-rollout {POD}.containers[0].image", f"e-model-rollout {POD}.volumes[0].image.reference"},
    ),
    "host": ({"host": "other.example.com"}, {"e-model-ingress spec.tls[0].hosts[0]"}),
    "size": (
        {"cpu": "1", "memory": "1Gi"},
        {
            f"e-model-rollout {POD}.containers[0].resources.{part}.{what}"
            for part in ("requests", "limits")
            for what in ("cpu", "memory")
        },
    ),
    "account": ({"service_account": "other"}, {f"e-model-rollout {POD}.serviceAccountName"}),
    "bounds": (
        {"min_replicas": 2, "max_replicas": 3},
        {"e-model-autoscaler spec.minReplicas", "e-model-autoscaler spec.maxReplicas"},
    ),
    "objective": (
        {"latency_objective_ms": 20},
        {'e-model-rollout metadata.annotations["headgate.dev/latency-objective-ms"]'},
    ),
}


@pytest.mark.parametrize("case", IN_PLACE)
def test_a_change_at_a_site_is_made_in_place(record: Any, ownership: dict[str, str], case: str) -> None:
    """Each argument's own fields change, none of which an object is replaced for."""
    change, expected = IN_PLACE[case]
    before, after = deployed(record(model(ownership))), deployed(record(model(ownership, **change)))
    found, replaced = set(), set()
    for name, object_ in after.items():
        fields = replacing_fields(
            Kind.of(object_.inputs),
            config_map_mutable=True,
            secret_mutable=True,
            frozen=False,
        )
        for item in changes(before[name].inputs, object_.inputs):
            found.add(f"{name} {path_text(item.path)}")
            was, now = (value_at(each.inputs, item.path) for each in (before[name], object_))
            if replaces(item.path, fields, was, now):
                replaced.add(f"{name} {path_text(item.path)}")

    assert before.keys() == after.keys()
    assert (found, replaced) == (expected, set())
