"""The provider over gRPC, as the engine drives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from headgate.sandbox.azure.ids import SUBSCRIPTION_ID, TENANT_ID, group_id
from headgate.sandbox.providers.azure_native.provider import AzureNativeProvider
from headgate.sandbox.providers.protocol.server import start
from headgate.sandbox.providers.protocol.values import UNKNOWN, Secret, decode, encode
from tests.component.azure.conftest import AzureProcess

pytestmark = pytest.mark.component

GROUP = {"resourceGroupName": "rg-test", "location": "uaenorth"}
REGISTRY = {"registryName": "hgtest", "resourceGroupName": "rg-test", "sku": {"name": "Premium"}}
TENANT = {"tenantId": TENANT_ID, "sku": {"family": "A", "name": "standard"}}


class Engine:
    """One provider and the calls that an update makes."""

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        """Start the provider in this process and configure it."""
        self._provider = AzureNativeProvider()
        self._server, port = start(self._provider, workers=8)
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.stub.Configure(provider_pb2.ConfigureRequest(args=encode(config or {})))

    def close(self) -> None:
        """End the provider."""
        self._channel.close()
        self._server.stop(grace=None).wait()
        self._provider.close()

    def urn(self, token: str, name: str) -> str:
        """Return a URN."""
        return f"urn:pulumi:dev::test::headgate:index:Thing$azure-native:{token}::{name}"

    def check(self, token: str, name: str, news: dict[str, Any], olds: dict[str, Any] | None = None) -> Any:
        """Check inputs."""
        urn = self.urn(token, name)
        return self.stub.Check(
            provider_pb2.CheckRequest(urn=urn, news=encode(news), olds=encode(olds or {}), randomSeed=b"\x01" * 32)
        )

    def create(
        self, token: str, name: str, inputs: dict[str, Any], preview: bool = False
    ) -> tuple[str, dict[str, Any]]:
        """Check and create."""
        checked = self.check(token, name, inputs)
        assert list(checked.failures) == []
        answer = self.stub.Create(
            provider_pb2.CreateRequest(urn=self.urn(token, name), properties=checked.inputs, preview=preview)
        )
        return answer.id, decode(answer.properties)

    def update(
        self, token: str, name: str, resource_id: str, news: dict[str, Any], olds: dict[str, Any]
    ) -> dict[str, Any]:
        """Update in place."""
        answer = self.stub.Update(
            provider_pb2.UpdateRequest(urn=self.urn(token, name), id=resource_id, news=encode(news), olds=encode(olds))
        )
        return decode(answer.properties)

    def read(self, token: str, name: str, resource_id: str, inputs: dict[str, Any], state: dict[str, Any]) -> Any:
        """Refresh, or import without inputs."""
        return self.stub.Read(
            provider_pb2.ReadRequest(
                urn=self.urn(token, name), id=resource_id, inputs=encode(inputs), properties=encode(state)
            )
        )

    def delete(self, token: str, name: str, resource_id: str) -> None:
        """Delete."""
        self.stub.Delete(provider_pb2.DeleteRequest(urn=self.urn(token, name), id=resource_id))

    def invoke(self, token: str, arguments: dict[str, Any], preview: bool = False) -> dict[str, Any]:
        """Call a function."""
        request = provider_pb2.InvokeRequest(tok=f"azure-native:{token}", args=encode(arguments), preview=preview)
        return decode(getattr(self.stub.Invoke(request), "return"))


@pytest.fixture
def engine(azure: AzureProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Return an engine against a running Azure with the group `rg-test`."""
    monkeypatch.setenv("HEADGATE_STATE", str(azure.state.root))
    monkeypatch.delenv("HEADGATE_PLAN_ONLY", raising=False)
    made = Engine()
    made.create("resources:ResourceGroup", "group", GROUP)
    yield made
    made.close()


@pytest.fixture
def planner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Return an engine in plan-only mode, with no Azure anywhere."""
    monkeypatch.setenv("HEADGATE_STATE", str(tmp_path))
    monkeypatch.setenv("HEADGATE_PLAN_ONLY", "1")
    made = Engine({"subscriptionId": "prod-subscription", "location": "uaenorth"})
    yield made
    made.close()


def test_a_registry_is_created_updated_and_deleted(engine: Engine) -> None:
    """Its place is its group's, its outputs are Azure's, an update keeps its id."""
    resource_id, outputs = engine.create("containerregistry:Registry", "registry", REGISTRY)
    news = {**REGISTRY, "location": "uaenorth", "dataEndpointEnabled": True}
    updated = engine.update("containerregistry:Registry", "registry", resource_id, news, outputs)
    engine.delete("containerregistry:Registry", "registry", resource_id)

    assert resource_id == f"{group_id('rg-test')}/providers/Microsoft.ContainerRegistry/registries/hgtest"
    assert outputs["loginServer"] == "hgtest.azurecr.io"
    assert (outputs["location"], outputs["provisioningState"]) == ("uaenorth", "Succeeded")
    assert outputs["azureApiVersion"]
    assert updated["dataEndpointHostNames"] == ["hgtest.uaenorth.data.azurecr.io"]
    assert engine.read("containerregistry:Registry", "registry", resource_id, news, updated).id == ""


def test_check_names_resource_path_found_expected_and_near(engine: Engine) -> None:
    """One sentence per problem, beside its property."""
    answer = engine.check("containerregistry:Registry", "registry", {**REGISTRY, "sku": {"name": "premium"}})

    assert [(item.property, item.reason) for item in answer.failures] == [
        (
            "sku.name",
            "containerregistry:Registry 'registry': property sku.name: found 'premium', "
            "expected one of Classic, Basic, Standard, Premium; did you mean 'Premium'?",
        )
    ]


def test_check_never_prints_a_secret(engine: Engine) -> None:
    """A secret of the wrong kind is refused without its content."""
    answer = engine.check("containerregistry:Registry", "registry", {**REGISTRY, "sku": {"name": Secret("hunter2")}})

    assert "a secret value" in answer.failures[0].reason
    assert "hunter2" not in answer.failures[0].reason


def test_an_unnamed_resource_is_named_as_the_official_provider_does(engine: Engine) -> None:
    """Logical name and eight digits, made to fit where the type allows letters and digits only; then kept."""
    unnamed = {name: value for name, value in REGISTRY.items() if name != "registryName"}
    first = decode(engine.check("containerregistry:Registry", "my-registry", unnamed).inputs)
    again = decode(engine.check("containerregistry:Registry", "my-registry", unnamed, first).inputs)
    group = decode(engine.check("resources:ResourceGroup", "my-group", {"location": "uaenorth"}).inputs)

    assert first["registryName"] == again["registryName"] == "myregistry01010101"
    assert group["resourceGroupName"] == "my-group01010101"


def test_an_unknown_type_is_refused_by_name(engine: Engine) -> None:
    """With the types that there are."""
    with pytest.raises(grpc.RpcError) as caught:
        engine.check("containerregistry:Registri", "x", {})

    assert "the Azure SDK has no resource type containerregistry:Registri" in str(caught.value.details())
    assert "use containerregistry:Registry" in str(caught.value.details())


def test_what_exists_is_not_created_again(engine: Engine) -> None:
    """The message is the official one, with the command that imports it."""
    engine.create("containerregistry:Registry", "registry", REGISTRY)
    with pytest.raises(grpc.RpcError) as caught:
        engine.create("containerregistry:Registry", "another", REGISTRY)

    assert "cannot create already existing resource" in str(caught.value.details())
    assert "pulumi import azure-native:containerregistry:Registry another /subscriptions/" in str(
        caught.value.details()
    )


def test_what_an_interrupted_update_made_is_taken_over(engine: Engine) -> None:
    """A provider that was killed after Azure had made a resource: creating it again finds it and goes on."""
    first = engine.create("containerregistry:Registry", "registry", REGISTRY)
    again = engine.create("containerregistry:Registry", "registry", REGISTRY)

    assert again[0] == first[0]


def test_an_import_gives_inputs_that_change_nothing(engine: Engine) -> None:
    """A diff between imported inputs and the program's is empty."""
    resource_id, _ = engine.create("containerregistry:Registry", "registry", REGISTRY)

    found = engine.read("containerregistry:Registry", "registry", resource_id, {}, {})
    checked = engine.check("containerregistry:Registry", "registry", decode(found.inputs), decode(found.inputs))
    diff = engine.stub.Diff(
        provider_pb2.DiffRequest(
            urn=engine.urn("containerregistry:Registry", "registry"),
            id=resource_id,
            old_inputs=found.inputs,
            news=checked.inputs,
        )
    )

    assert decode(found.inputs)["registryName"] == "hgtest"
    assert list(checked.failures) == []
    assert diff.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_refresh_finds_drift(engine: Engine, azure: AzureProcess) -> None:
    """What was changed behind the program's back is in the inputs; nothing else is."""
    inputs = {**REGISTRY, "location": "uaenorth", "tags": {"a": "1"}}
    resource_id, outputs = engine.create("containerregistry:Registry", "registry", inputs)
    state_inputs = decode(engine.check("containerregistry:Registry", "registry", inputs).inputs)
    from headgate.sandbox.azure.client import Patience

    body = azure.client.get(resource_id, "x") or {}
    azure.client.put(resource_id, "x", {**body, "tags": {"a": "2"}}, Patience())
    found = decode(engine.read("containerregistry:Registry", "registry", resource_id, state_inputs, outputs).inputs)

    assert found == {**state_inputs, "tags": {"a": "2"}}


def test_a_failure_half_way_keeps_the_resource_in_state_and_the_next_update_repairs_it(
    engine: Engine, azure: AzureProcess
) -> None:
    """The engine is told of a partly made resource, with its id, and can go on."""
    azure.client.own("POST", "/-/faults", {"kind": "fail-halfway", "type": "containerregistry:Registry", "count": 1})
    with pytest.raises(grpc.RpcError) as caught:
        engine.create("containerregistry:Registry", "registry", REGISTRY)
    metadata = dict(caught.value.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    status.details[0].Unpack(detail)
    state = decode(detail.properties)
    repaired = engine.update("containerregistry:Registry", "registry", detail.id, decode(detail.inputs), state)

    assert detail.id.endswith("/registries/hgtest")
    assert state["provisioningState"] == "Failed"
    assert "The operation failed half-way" in detail.reasons[0]
    assert repaired["provisioningState"] == "Succeeded"


def test_a_refusal_is_azures_own(engine: Engine) -> None:
    """Code and message reach the person."""
    with pytest.raises(grpc.RpcError) as caught:
        engine.create(
            "containerregistry:Registry",
            "registry",
            {**REGISTRY, "resourceGroupName": "rg-none", "location": "uaenorth"},
        )

    assert "Code='ResourceGroupNotFound' Message=\"Resource group 'rg-none' could not be found.\"" in str(
        caught.value.details()
    )


def test_a_soft_deleted_vault_is_recovered(engine: Engine) -> None:
    """Destroy and create again works, as it must in a sandbox."""
    inputs = {"vaultName": "kv-hg-test", "resourceGroupName": "rg-test", "properties": TENANT}
    resource_id, _ = engine.create("keyvault:Vault", "vault", inputs)
    engine.delete("keyvault:Vault", "vault", resource_id)

    _, outputs = engine.create("keyvault:Vault", "vault", inputs)

    assert outputs["properties"]["vaultUri"] == "https://kv-hg-test.vault.azure.net/"


def test_a_clusters_credentials_are_secret_and_unknown_until_it_exists(engine: Engine) -> None:
    """In a preview a missing cluster's kubeconfig is unknown; in an update it is an error; then it is a secret."""
    arguments = {"resourceGroupName": "rg-test", "resourceName": "aks"}
    function = "containerservice:listManagedClusterUserCredentials"
    previewed = engine.invoke(function, arguments, preview=True)
    with pytest.raises(grpc.RpcError) as caught:
        engine.invoke(function, arguments)
    pool = {"name": "boot", "mode": "System", "vmSize": "Standard_D4s_v5", "count": 1}
    engine.create("containerservice:ManagedCluster", "aks", {
        "resourceName": "aks", "resourceGroupName": "rg-test", "dnsPrefix": "x", "identity": {"type": "SystemAssigned"},
        "agentPoolProfiles": [pool]})  # fmt: skip
    answered = engine.invoke(function, arguments)

    assert previewed == {"kubeconfigs": UNKNOWN}
    assert "ResourceNotFound" in str(caught.value.details())
    assert answered["kubeconfigs"][0]["name"] == "clusterUser"
    assert isinstance(answered["kubeconfigs"][0]["value"], Secret)


def test_who_is_calling_is_told_and_tokens_are_not(engine: Engine) -> None:
    """The client configuration is the sandbox's."""
    with pytest.raises(grpc.RpcError, match="gives no tokens"):
        engine.invoke("authorization:getClientToken", {})

    assert engine.invoke("authorization:getClientConfig", {})["subscriptionId"] == SUBSCRIPTION_ID


def test_without_azure_the_message_names_the_command(engine: Engine, azure: AzureProcess) -> None:
    """A stopped sandbox says how to start it."""
    azure.end()
    with pytest.raises(grpc.RpcError) as caught:
        engine.create("resources:ResourceGroup", "other", {"resourceGroupName": "rg-other", "location": "uaenorth"})

    assert "the sandbox's Azure does not answer" in str(caught.value.details())
    assert "headgate sandbox up" in str(caught.value.details())


def test_plan_only_previews_without_an_azure_and_applies_nothing(planner: Engine) -> None:
    """Check, diff and preview answer; create refuses; functions are unknown."""
    _, outputs = planner.create("containerregistry:Registry", "registry", REGISTRY, preview=True)
    with pytest.raises(grpc.RpcError, match="plan-only mode has no Azure to change"):
        planner.create("containerregistry:Registry", "registry", REGISTRY)

    assert outputs["location"] == "uaenorth"
    assert "loginServer" not in outputs
    planned = planner.invoke(
        "containerservice:listManagedClusterUserCredentials", {"resourceGroupName": "g", "resourceName": "a"}
    )
    assert [(each["name"], type(each["value"])) for each in planned["kubeconfigs"]] == [("plan-only", Secret)]
