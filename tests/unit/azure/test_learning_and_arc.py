"""What the miniature Azure refuses of Azure ML's jobs and of clusters connected by Arc."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.azure.errors import ArmError
from tests.unit.azure.conftest import PROVIDERS, Azure

pytestmark = pytest.mark.unit

WORKSPACE = f"{PROVIDERS}/Microsoft.MachineLearningServices/workspaces/mlw"
COMPUTE = f"{WORKSPACE}/computes/fraud-retrain"
ENVIRONMENT = f"{WORKSPACE}/environments/fraud-retrain/versions/1"
ENDPOINT = f"{WORKSPACE}/batchEndpoints/hg-fraud"
ONLINE = f"{WORKSPACE}/onlineEndpoints/hg-answers"
CLUSTER = f"{PROVIDERS}/Microsoft.Kubernetes/connectedClusters/arc-dev-plant"
FLUX = f"{CLUSTER}/providers/Microsoft.KubernetesConfiguration/fluxConfigurations/headgate"
EXTENSION = f"{CLUSTER}/providers/Microsoft.KubernetesConfiguration/extensions/flux"
IMAGE = "hg.azurecr.io/runtimes/trainer@sha256:" + "a" * 64


def compute(**inner: Any) -> dict[str, Any]:
    """Return a compute."""
    scale = {"minNodeCount": 0, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "PT5M"}
    properties = {"vmSize": "Standard_D8s_v5", "vmPriority": "Dedicated", "scaleSettings": scale, **inner}
    return {"location": "uaenorth", "properties": {"computeType": "AmlCompute", "properties": properties}}


def connected(**more: Any) -> dict[str, Any]:
    """Return a connected cluster."""
    body = {"location": "uaenorth", "identity": {"type": "SystemAssigned"}}
    return {**body, "properties": {"agentPublicKeyCertificate": "a2V5"}, **more}


def flux(**more: Any) -> dict[str, Any]:
    """Return what Flux keeps."""
    source = {"url": "https://git.example.com/edge", "repositoryRef": {"commit": "0123abc"}}
    return {"properties": {"sourceKind": "GitRepository", "gitRepository": source, **more}}


@pytest.fixture
def azure(azure: Azure) -> Azure:
    """Return an Azure with a workspace."""
    body = {"location": "uaenorth", "identity": {"type": "SystemAssigned"}, "properties": {}}
    azure.put(WORKSPACE, body)
    return azure


def refused(azure: Azure, arm_id: str, body: dict[str, Any]) -> tuple[str, str]:
    """Return code and message of a refusal."""
    with pytest.raises(ArmError) as caught:
        azure.put(arm_id, body)
    return caught.value.code, caught.value.message


def test_a_compute_starts_without_nodes_and_scales_in_place(azure: Azure) -> None:
    """Its bounds may change; its machines may not."""
    made = azure.put(COMPUTE, compute())
    assert made["properties"]["properties"]["currentNodeCount"] == 0

    azure.put(COMPUTE, compute(scaleSettings={"minNodeCount": 0, "maxNodeCount": 9}))
    code, message = refused(azure, COMPUTE, compute(vmSize="Standard_D4s_v5"))

    assert (code, "vmSize" in message) == ("PropertyChangeNotAllowed", True)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"minNodeCount": 3, "maxNodeCount": 2}, "InvalidScaleSettings"),
        ({"minNodeCount": 0, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "5 minutes"}, "InvalidScaleSettings"),
    ],
)
def test_scaling_that_can_not_be_is_refused(azure: Azure, settings: dict[str, Any], code: str) -> None:
    """Bounds the wrong way round, a duration that is none."""
    assert refused(azure, COMPUTE, compute(scaleSettings=settings))[0] == code


def test_a_version_of_an_environment_is_never_written_over(azure: Azure) -> None:
    """Another image needs another version; an environment from nowhere is none."""
    azure.put(f"{WORKSPACE}/environments/fraud-retrain", {"properties": {}})
    azure.put(ENVIRONMENT, {"properties": {"image": IMAGE}})

    assert refused(azure, ENVIRONMENT, {"properties": {"image": IMAGE.replace("a", "b")}})[0] == (
        "PropertyChangeNotAllowed"
    )
    assert refused(azure, ENVIRONMENT.replace("/1", "/2"), {"properties": {}})[0] == "UserError"


def test_a_deployment_needs_its_compute_and_a_models_id(azure: Azure) -> None:
    """A batch deployment that names what is not there is refused, with the name."""
    azure.put(ENDPOINT, {"location": "uaenorth", "properties": {"authMode": "AADToken"}})
    missing = {"location": "uaenorth", "properties": {"compute": COMPUTE}}
    model = {"referenceType": "Id", "assetId": "fraud-score:3"}

    assert "compute" in refused(azure, f"{ENDPOINT}/deployments/default", missing)[1]
    azure.put(COMPUTE, compute())
    wrong = {"location": "uaenorth", "properties": {"compute": COMPUTE, "model": model}}
    assert "no id of a model" in refused(azure, f"{ENDPOINT}/deployments/default", wrong)[1]
    model["assetId"] = "azureml://registries/hg/models/fraud-score/versions/3"
    assert azure.put(f"{ENDPOINT}/deployments/default", wrong)["name"] == "default"


def online(endpoint: dict[str, Any]) -> dict[str, Any]:
    """Return an endpoint that answers."""
    return {"location": "uaenorth", "properties": {"authMode": "AADToken", **endpoint}}


def test_requests_go_to_versions_that_are_there(azure: Azure) -> None:
    """All of them, and none is deleted while it still gets some; the endpoint takes its versions along."""
    version = {
        "location": "uaenorth",
        "properties": {
            "model": "azureml://registries/hg/models/fraud-score/versions/3",
            "endpointComputeType": "Managed",
        },
    }
    assert "do not exist: ['blue']" in refused(azure, ONLINE, online({"traffic": {"blue": 100}}))[1]
    azure.put(ONLINE, online({}))
    azure.put(f"{ONLINE}/deployments/blue", version)
    assert "not 0 or 100" in refused(azure, ONLINE, online({"traffic": {"blue": 90}}))[1]
    made = azure.put(ONLINE, online({"traffic": {"blue": 100}}))
    assert made["properties"]["scoringUri"].endswith("/score")

    with pytest.raises(ArmError) as caught:
        azure.delete(f"{ONLINE}/deployments/blue")
    azure.delete(ONLINE)

    assert "100 percent" in caught.value.message
    assert not [each for each in azure.ids() if "onlineendpoints" in each.lower()]


def test_a_cluster_that_serves_is_attached_and_knows_no_tokens_of_the_directory(azure: Azure) -> None:
    """Azure has these for managed endpoints alone; what is attached must be there, and has no nodes of its own."""
    cluster = f"{PROVIDERS}/Microsoft.ContainerService/managedClusters/aks"
    attached = {"location": "uaenorth", "properties": {"computeType": "Kubernetes", "resourceId": cluster}}

    assert "resourceId" in refused(azure, COMPUTE, attached)[1]
    attached["properties"] = {"computeType": "Kubernetes", "resourceId": WORKSPACE}
    assert azure.put(COMPUTE, attached)["properties"]["isAttachedCompute"] is True
    assert "managed online endpoints" in refused(azure, ONLINE, online({"compute": COMPUTE}))[1]
    assert azure.put(ONLINE, online({"compute": COMPUTE, "authMode": "AMLToken"}))["name"] == "hg-answers"


def test_a_schedule_needs_five_fields_and_its_compute(azure: Azure) -> None:
    """Checked when it is made, not when it would first run."""
    job = {"jobType": "Command", "command": "/trainer", "computeId": COMPUTE, "environmentId": ENVIRONMENT}
    trigger = {"triggerType": "Cron", "expression": "0 3 * * 0"}
    action = {"actionType": "CreateJob", "jobDefinition": job}
    schedule = f"{WORKSPACE}/schedules/fraud-retrain"

    wrong = {"properties": {"trigger": {**trigger, "expression": "daily"}, "action": action}}
    assert "five fields" in refused(azure, schedule, wrong)[1]
    assert "computeId" in refused(azure, schedule, {"properties": {"trigger": trigger, "action": action}})[1]


def test_a_connected_cluster_acts_as_itself_and_has_its_agents_key(azure: Azure) -> None:
    """Without identity or key nothing could connect; the key is the cluster's for good."""
    assert refused(azure, CLUSTER, connected(identity={"type": "None"}))[0] == "InvalidIdentity"
    assert refused(azure, CLUSTER, connected(properties={"agentPublicKeyCertificate": "!"}))[0] == "BadRequest"
    assert azure.put(CLUSTER, connected())["properties"]["connectivityStatus"] == "Connecting"
    other = connected(properties={"agentPublicKeyCertificate": "b3RoZXI="})
    assert refused(azure, CLUSTER, other)[0] == "PropertyChangeNotAllowed"


def test_flux_reads_what_is_described_where_it_is_installed(azure: Azure) -> None:
    """A configuration needs the extension, the source that it names, and steps that exist."""
    azure.put(CLUSTER, connected())
    assert refused(azure, FLUX, flux())[0] == "ExtensionNotFound"

    azure.put(EXTENSION, {"properties": {"extensionType": "microsoft.flux"}})
    assert refused(azure, FLUX, flux(sourceKind="Bucket"))[0] == "InvalidFluxConfiguration"
    steps = {"models": {"path": "./models", "dependsOn": ["base"]}}
    assert refused(azure, FLUX, flux(kustomizations=steps))[0] == "InvalidFluxConfiguration"
    assert azure.put(FLUX, flux())["properties"]["complianceState"] == "Pending"
