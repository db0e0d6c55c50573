"""What Azure keeps immutable, what it lets nobody share, and what a private network may reach."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.ids import group_id
from tests.unit.azure.conftest import GROUP, PROVIDERS, Azure

pytestmark = pytest.mark.unit

STORE = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/hgaudittest"
NAMESPACE = f"{PROVIDERS}/Microsoft.EventHub/namespaces/evhns-test"
NETWORK = f"{PROVIDERS}/Microsoft.Network/virtualNetworks/net"
ENDPOINT = f"{PROVIDERS}/Microsoft.Network/privateEndpoints/pep"
ZONE = f"{PROVIDERS}/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net"
WORKSPACE = f"{PROVIDERS}/Microsoft.OperationalInsights/workspaces/log-test"
SENTINEL = f"{WORKSPACE}/providers/Microsoft.SecurityInsights"
LEARNING = f"{PROVIDERS}/Microsoft.MachineLearningServices/workspaces/mlw-test"


def store(state: str | None = None, days: int = 10, append: bool = True, sku: str = "Standard_GRS") -> dict[str, Any]:
    """Return an account with an immutability policy in a state, or without one."""
    policy = {
        "immutabilityPeriodSinceCreationInDays": days,
        "allowProtectedAppendWrites": append,
        "state": state,
    }
    properties = {"immutableStorageWithVersioning": {"enabled": True, "immutabilityPolicy": policy}} if state else {}
    return {"location": "uaenorth", "kind": "StorageV2", "sku": {"name": sku}, "properties": properties}


def refused(azure: Azure, arm_id: str, body: dict[str, Any]) -> ArmError:
    """Return why a write is refused."""
    with pytest.raises(ArmError) as caught:
        azure.put(arm_id, body)
    return caught.value


def test_a_period_is_changed_freely_until_it_is_locked(azure: Azure) -> None:
    """Unlocked it grows, shrinks and is given up; locked it only grows."""
    for body in (
        store("Unlocked"),
        store("Unlocked", 3),
        store("Disabled", 3),
        store("Unlocked", 5),
        store("Locked", 5),
    ):
        azure.put(STORE, body)
    azure.put(STORE, store("Locked", 50))

    assert [
        refused(azure, STORE, body).message
        for body in (store("Locked", 49), store("Unlocked", 50), store("Locked", 50, append=False))
    ] == [
        "The immutability period of a locked policy can only be extended.",
        "The immutability policy state cannot be changed once Locked.",
        "allowProtectedAppendWrites can only be changed while the policy is unlocked.",
    ]


def test_nothing_is_locked_at_once(azure: Azure) -> None:
    """A policy is made unlocked, tried, and then locked: that is a step of its own."""
    error = refused(azure, STORE, store("Locked"))

    assert (error.status, error.code) == (409, "AccountImmutabilityPolicyFailure")
    assert error.message == "The immutability policy state can only be changed to Locked from Unlocked."


def test_a_locked_store_can_not_be_deleted(azure: Azure) -> None:
    """By nobody, with whatever right; an unlocked one can."""
    azure.put(STORE, store("Unlocked"))
    azure.put(STORE, store("Locked"))

    with pytest.raises(ArmError, match="locked immutability policy"):
        azure.delete(STORE)
    azure.put(f"{STORE}2", store("Unlocked"))
    azure.delete(f"{STORE}2")
    assert azure.ids() == [GROUP, STORE.removeprefix(PROVIDERS)]


def test_copies_over_zones_need_zones(azure: Azure) -> None:
    """A region without them takes pairs only."""
    error = refused(azure, STORE, {**store(sku="Standard_GZRS"), "location": "uaecentral"})

    assert (error.code, error.target) == ("SkuNotAvailable", "sku")


def test_a_stream_keeps_the_rules_of_its_tier(azure: Azure) -> None:
    """A week at most, Manage with the other rights only, and the number of partitions for good."""
    standard = {"name": "Standard", "tier": "Standard", "capacity": 1}
    azure.put(NAMESPACE, {"location": "uaenorth", "sku": standard, "properties": {"isAutoInflateEnabled": True}})
    azure.put(f"{NAMESPACE}/eventhubs/audit", {"properties": {"partitionCount": 4}})

    assert [
        refused(azure, f"{NAMESPACE}/eventhubs/audit", {"properties": {"partitionCount": 8}}).code,
        refused(
            azure,
            f"{NAMESPACE}/eventhubs/audit",
            {"properties": {"partitionCount": 4, "retentionDescription": {"retentionTimeInHours": 169}}},
        ).code,
        refused(azure, f"{NAMESPACE}/authorizationRules/d", {"properties": {"rights": ["Manage"]}}).message,
        refused(
            azure, NAMESPACE, {"location": "uaenorth", "sku": standard, "properties": {"maximumThroughputUnits": 4}}
        ).message,
    ] == [
        "PropertyChangeNotAllowed",
        "MessagingGatewayBadRequest",
        "Manage permission should also include Send and Listen.",
        "MaximumThroughputUnits can only be set when AutoInflate is enabled.",
    ]
    azure.put(f"{NAMESPACE}/networkRuleSets/default", {"properties": {"defaultAction": "Deny"}})
    azure.put(f"{NAMESPACE}/eventhubs/audit/consumergroups/siem", {"properties": {}})
    azure.delete(NAMESPACE)
    assert len(azure.ids()) == 1


def test_sentinel_comes_before_its_connectors(azure: Azure) -> None:
    """A workspace is onboarded first, by the one name that there is."""
    azure.put(WORKSPACE, {"location": "uaenorth", "properties": {}})
    connector = f"{SENTINEL}/dataConnectors/00000000-0000-4000-8000-000000000001"
    body = {"kind": "AzureSecurityCenter", "properties": {"subscriptionId": "s"}}

    assert "is not onboarded to Microsoft Sentinel" in refused(azure, connector, body).message
    assert refused(azure, f"{SENTINEL}/onboardingStates/mine", {"properties": {}}).code == "InvalidResourceName"
    azure.put(f"{SENTINEL}/onboardingStates/default", {"properties": {}})
    assert azure.put(connector, body)["kind"] == "AzureSecurityCenter"


def endpoint(target: str, group: str) -> dict[str, Any]:
    """Return a private endpoint to a target."""
    connection = {"name": "pep", "privateLinkServiceId": target, "groupIds": [group]}
    subnet = {"id": f"{NETWORK}/subnets/endpoints"}
    return {"location": "uaenorth", "properties": {"subnet": subnet, "privateLinkServiceConnections": [connection]}}


def network(name: str, **subnet: Any) -> dict[str, Any]:
    """Return a network with one subnet."""
    return {
        "location": "uaenorth",
        "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": name, "addressPrefix": "10.0.0.0/24", **subnet}],
        },
    }


def test_a_private_endpoint_leads_to_what_its_target_has(azure: Azure) -> None:
    """To a resource that exists, and to one of its sub-resources."""
    azure.put(NETWORK, network("endpoints"))
    azure.put(STORE, store())

    assert refused(azure, ENDPOINT, endpoint(f"{STORE}x", "blob")).code == "InvalidResourceReference"
    assert refused(azure, ENDPOINT, endpoint(STORE, "vault")).message == (
        "Microsoft.Storage/storageAccounts has no sub-resource 'vault'; it has blob, file, queue, table, dfs, web."
    )
    assert azure.put(ENDPOINT, endpoint(STORE, "blob"))["properties"]["provisioningState"] == "Succeeded"


def test_a_subnet_needs_the_security_group_that_it_names(azure: Azure) -> None:
    """In the same region."""
    missing = {"id": f"{PROVIDERS}/Microsoft.Network/networkSecurityGroups/none"}

    assert refused(azure, NETWORK, network("a", networkSecurityGroup=missing)).code == "InvalidResourceReference"


def test_a_network_resolves_a_name_by_one_zone(azure: Azure) -> None:
    """A second zone of the same name, in another group, is refused; and a linked zone stays."""
    other = group_id("rg-other")
    azure.put(other, {"location": "uaenorth"})
    azure.put(NETWORK, network("a"))
    link = {"location": "global", "properties": {"virtualNetwork": {"id": NETWORK}, "registrationEnabled": False}}
    second = ZONE.replace(group_id("rg-test"), other)
    for zone in (ZONE, second):
        azure.put(zone, {"location": "global", "properties": {}})
    azure.put(f"{ZONE}/virtualNetworkLinks/headgate", link)

    assert "overlapping namespaces" in refused(azure, f"{second}/virtualNetworkLinks/headgate", link).message
    with pytest.raises(ArmError, match="before nested resources are deleted"):
        azure.delete(ZONE)


def test_records_need_their_zone(azure: Azure) -> None:
    """A zone group that names none is refused."""
    azure.put(NETWORK, network("endpoints"))
    azure.put(STORE, store())
    azure.put(ENDPOINT, endpoint(STORE, "blob"))
    records = f"{ENDPOINT}/privateDnsZoneGroups/default"
    body = {"properties": {"privateDnsZoneConfigs": [{"name": "blob", "privateDnsZoneId": ZONE}]}}

    assert refused(azure, records, body).code == "InvalidResourceReference"
    azure.put(ZONE, {"location": "global", "properties": {}})
    assert azure.put(records, body)["properties"]["provisioningState"] == "Succeeded"


def test_a_managed_network_is_not_given_up_again(azure: Azure) -> None:
    """A learning workspace that is isolated stays so; between the two kinds of isolation it may change."""
    for mode in ("AllowInternetOutbound", "AllowOnlyApprovedOutbound"):
        azure.put(LEARNING, {"location": "uaenorth", "properties": {"managedNetwork": {"isolationMode": mode}}})

    error = refused(azure, LEARNING, {"location": "uaenorth", "properties": {}})

    assert (error.code, error.target) == ("ValidationError", "managedNetwork")
