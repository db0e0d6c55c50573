"""Resources come and go with what Azure says of them."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from headgate.sandbox.azure.counterparts import Counterparts
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.ids import TENANT_ID, group_id, stable_uuid
from headgate.sandbox.azure.resources import Resources
from headgate.sandbox.azure.store import Operation, Store
from tests.unit.azure.conftest import GROUP, PROVIDERS, Azure
from tests.unit.azure.test_rules import BASIC, CLUSTER, REGISTRY, cluster

pytestmark = pytest.mark.unit

IDENTITY = f"{PROVIDERS}/Microsoft.ManagedIdentity/userAssignedIdentities/nodes"


def test_a_cluster_has_the_addresses_that_aks_gives(azure: Azure) -> None:
    """Names, versions, issuer and identities are those of Azure's form, and stable."""
    body = cluster()
    body["properties"] |= {
        "oidcIssuerProfile": {"enabled": True},
        "apiServerAccessProfile": {"enablePrivateCluster": True},
        "kubernetesVersion": "1.36",
    }

    made = azure.put(CLUSTER, body)

    properties = made["properties"]
    assert re.fullmatch(r"x-[0-9a-f]{8}\.hcp\.uaenorth\.azmk8s\.io", properties["fqdn"])
    assert re.fullmatch(r"x-[0-9a-f]{8}\.[-0-9a-f]{36}\.privatelink\.uaenorth\.azmk8s\.io", properties["privateFQDN"])
    assert properties["currentKubernetesVersion"] == "1.36.3"
    assert properties["oidcIssuerProfile"]["issuerURL"].startswith(
        f"https://uaenorth.oic.prod-aks.azure.com/{TENANT_ID}/"
    )
    assert made["identity"] == {
        "type": "SystemAssigned",
        "principalId": stable_uuid("principal", CLUSTER),
        "tenantId": TENANT_ID,
    }
    assert properties["provisioningState"] == "Succeeded"


def test_aks_makes_a_group_for_its_nodes_and_takes_it_along(azure: Azure) -> None:
    """The node resource group belongs to the cluster."""
    azure.put(CLUSTER, cluster())
    made = azure.get(group_id("MC_rg-test_aks_uaenorth"))
    azure.delete(CLUSTER)

    assert made["managedBy"] == CLUSTER
    assert azure.ids() == [GROUP]


def test_a_registry_has_a_login_server(azure: Azure) -> None:
    """Its name, in lower case, under azurecr.io."""
    made = azure.put(REGISTRY.replace("hgtest", "HgTest"), {**BASIC, "properties": {"dataEndpointEnabled": True}})

    assert made["properties"]["loginServer"] == "hgtest.azurecr.io"
    assert made["properties"]["dataEndpointHostNames"] == ["hgtest.uaenorth.data.azurecr.io"]


def test_an_identity_is_the_same_when_it_is_made_again(azure: Azure) -> None:
    """Its principal is derived from its id."""
    first = azure.put(IDENTITY, {"location": "uaenorth"})
    azure.delete(IDENTITY)

    assert azure.put(IDENTITY, {"location": "uaenorth"})["properties"] == first["properties"]


def test_deleting_a_group_deletes_what_is_in_it(azure: Azure) -> None:
    """Children first, companions too."""
    azure.put(CLUSTER, cluster())
    azure.put(f"{CLUSTER}/agentPools/cpu", {"properties": {"vmSize": "Standard_D4s_v5"}})
    azure.put(REGISTRY, BASIC)

    azure.delete(GROUP)

    assert azure.ids() == []


def test_deleting_what_is_gone_is_well(azure: Azure) -> None:
    """204, as ARM answers."""
    assert azure.resources.delete(REGISTRY).status == 204


def test_a_missing_resource_is_named(azure: Azure) -> None:
    """404 with type, name and group."""
    with pytest.raises(ArmError) as caught:
        azure.get(REGISTRY)

    assert (caught.value.status, caught.value.message) == (
        404,
        "The Resource 'Microsoft.ContainerRegistry/registries/hgtest' under resource group 'rg-test' was not found.",
    )


def test_an_etag_guards_an_update(azure: Azure) -> None:
    """A stale etag is refused, the current one is taken, and creation can be asked to be one."""
    made = azure.put(REGISTRY, BASIC)
    with pytest.raises(ArmError) as stale:
        azure.resources.put(REGISTRY, BASIC, if_match='"old"')
    with pytest.raises(ArmError) as exists:
        azure.resources.put(REGISTRY, BASIC, if_none_match="*")

    assert [stale.value.status, exists.value.status] == [412, 412]
    assert azure.resources.put(REGISTRY, BASIC, if_match=made["etag"]).status == 200


def test_a_secrets_value_is_never_told_nor_kept_in_the_clear(azure: Azure, tmp_path: Path) -> None:
    """Azure's own API does not return it; the database does not hold it."""
    vault = f"{PROVIDERS}/Microsoft.KeyVault/vaults/kv-test"
    sku = {"family": "A", "name": "standard"}
    azure.put(vault, {"location": "uaenorth", "properties": {"tenantId": TENANT_ID, "sku": sku}})

    made = azure.put(f"{vault}/secrets/key", {"properties": {"value": "hunter2-very-secret"}})

    assert made["properties"]["secretUri"] == "https://kv-test.vault.azure.net/secrets/key"
    assert "value" not in made["properties"]
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()] == []


def test_a_write_during_another_is_refused(store: Store) -> None:
    """AnotherOperationInProgress, with when to come again; a group that goes takes nothing in."""
    resources = Resources(store, Counterparts(), scale=1.0)
    resources.operations.begin = lambda _operation: None  # type: ignore[method-assign]
    resources.put(GROUP, {"location": "uaenorth"})
    with pytest.raises(ArmError) as busy:
        resources.put(GROUP, {"location": "uaenorth", "tags": {"a": "b"}})
    for operation in store.running_operations():
        operation.status = "Succeeded"
    resources.delete(GROUP)
    with pytest.raises(ArmError) as going:
        resources.put(REGISTRY, BASIC)

    assert (busy.value.status, busy.value.code, busy.value.retry_after) == (409, "AnotherOperationInProgress", 1)
    assert (going.value.status, going.value.code) == (409, "ResourceGroupBeingDeleted")


def test_an_operation_goes_through_its_phases(store: Store) -> None:
    """Accepted, Creating, Running, Succeeded: one after the other."""
    resources = Resources(store, Counterparts(), scale=0.001)
    seen: list[str] = []

    class Recording(Operation):
        def __setattr__(self, name: str, value: object) -> None:
            if name == "status":
                seen.append(str(value))
            super().__setattr__(name, value)

    def run(operation: Operation) -> None:
        resources.operations._run(Recording(**operation.__dict__))

    resources.operations.begin = run  # type: ignore[method-assign]
    resources.put(GROUP, {"location": "uaenorth"})

    assert seen == ["Accepted", "Creating", "Running", "Succeeded"]


def test_state_and_running_operations_survive_a_restart(tmp_path: Path) -> None:
    """A store that is opened again has every resource, and its operation is finished."""
    first = Store(tmp_path / "azure")
    before = Resources(first, Counterparts(), scale=1.0)
    before.operations.begin = lambda _operation: None  # type: ignore[method-assign]
    before.put(GROUP, {"location": "uaenorth"})
    first.close()

    second = Store(tmp_path / "azure")
    after = Resources(second, Counterparts(), scale=0.0)
    interrupted = after.get(GROUP)["properties"]["provisioningState"]
    after.operations.begin = after.operations._run  # type: ignore[method-assign]
    for operation in second.running_operations():
        operation.started, operation.seconds = time.time() - 60, 0
    after.resume()
    resumed = after.get(GROUP)["properties"]["provisioningState"]
    second.close()

    assert [interrupted, resumed] == ["Creating", "Succeeded"]


def test_the_database_is_its_owners_alone(store: Store, tmp_path: Path) -> None:
    """No other user of the machine reads it."""
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "azure").iterdir()}

    assert set(modes.values()) == {0o600}
