"""What Azure refuses, with its own codes and words."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.ids import SUBSCRIPTION_ID, group_id
from headgate.sandbox.azure.types import CATALOGUE
from tests.unit.azure.conftest import GROUP, PROVIDERS, Azure

pytestmark = pytest.mark.unit

REGISTRY = f"{PROVIDERS}/Microsoft.ContainerRegistry/registries/hgtest"
VAULT = f"{PROVIDERS}/Microsoft.KeyVault/vaults/kv-hg-test"
CLUSTER = f"{PROVIDERS}/Microsoft.ContainerService/managedClusters/aks"
NETWORK = f"{PROVIDERS}/Microsoft.Network/virtualNetworks/net"
PROFILE = f"{PROVIDERS}/Microsoft.Cdn/profiles/afd"
BASIC = {"location": "uaenorth", "sku": {"name": "Basic"}, "properties": {}}


def cluster(**pool: Any) -> dict[str, Any]:
    """Return a cluster of one inline pool."""
    boot = {"name": "boot", "mode": "System", "vmSize": "Standard_D4s_v5", "count": 1, **pool}
    return {
        "location": "uaenorth",
        "identity": {"type": "SystemAssigned"},
        "properties": {"dnsPrefix": "x", "agentPoolProfiles": [boot]},
    }


def vault(**properties: Any) -> dict[str, Any]:
    """Return a vault."""
    needed = {"tenantId": "11111111-1111-1111-1111-111111111111", "sku": {"family": "A", "name": "standard"}}
    return {"location": "uaenorth", "properties": {**needed, **properties}}


def refused(azure: Azure, arm_id: str, body: dict[str, Any]) -> ArmError:
    """Return why a write is refused."""
    with pytest.raises(ArmError) as caught:
        azure.put(arm_id, body)
    return caught.value


@pytest.mark.parametrize(
    ("token", "good", "bad"),
    [
        ("resources:ResourceGroup", ["a", "rg-(x)_1.y"], ["ends.", "a" * 91, "a b", ""]),
        ("containerregistry:Registry", ["abcde", "Hg12345"], ["abcd", "has-dash", "a" * 51]),
        ("keyvault:Vault", ["kv-a", "k" * 24], ["1kv", "kv", "kv--a", "kv-", "k" * 25, "kv_a"]),
        ("storage:StorageAccount", ["abc", "a1" * 12], ["ab", "Upper", "a-b", "a" * 25]),
        ("containerservice:ManagedCluster", ["a", "aks-1_x"], ["-a", "a-", "a" * 64]),
        ("containerservice:AgentPool", ["gpu", "a23456789012"], ["GPU", "1gpu", "a234567890123", "a-b"]),
        ("authorization:RoleAssignment", ["0" * 8 + "-0000-0000-0000-" + "0" * 12], ["reader"]),
        ("privatedns:PrivateZone", ["privatelink.azurecr.io"], ["nodots", "Upper.case", "-a.b"]),
        ("cdn:AFDEndpoint", ["edge-1"], ["-edge", "edge_", "e" * 47]),
    ],
)
def test_names_keep_the_rule_of_their_type(token: str, good: list[str], bad: list[str]) -> None:
    """Length and characters are those of Azure's naming rules."""
    rule = CATALOGUE[token].name

    assert [name for name in good if not rule.accepts(name)] == []
    assert [name for name in bad if rule.accepts(name)] == []


def test_a_bad_name_is_refused_with_the_rule(azure: Azure) -> None:
    """The message says what a name must have."""
    error = refused(azure, REGISTRY.replace("hgtest", "hg-test"), BASIC)

    assert (error.status, error.code) == (400, "InvalidRegistryName")
    assert "'hg-test'" in error.message
    assert "5-50 letters and digits" in error.message


def test_a_resource_needs_its_group(azure: Azure) -> None:
    """A group that does not exist is named."""
    error = refused(azure, REGISTRY.replace("rg-test", "rg-none"), BASIC)

    assert error.as_json() == {
        "error": {"code": "ResourceGroupNotFound", "message": "Resource group 'rg-none' could not be found."}
    }


def test_another_subscription_is_not_found(azure: Azure) -> None:
    """There is one subscription."""
    error = refused(azure, REGISTRY.replace(SUBSCRIPTION_ID, "0" * 8), BASIC)

    assert (error.status, error.code) == (404, "SubscriptionNotFound")


@pytest.mark.parametrize(
    ("arm_id", "location", "code"),
    [
        (REGISTRY, "uaesouth", "LocationNotAvailableForResourceType"),
        (REGISTRY, "", "LocationRequired"),
        (
            f"{PROVIDERS}/Microsoft.MachineLearningServices/registries/mlr",
            "uaecentral",
            "LocationNotAvailableForResourceType",
        ),
        (PROFILE, "uaenorth", "LocationNotAvailableForResourceType"),
        (group_id("rg-other"), "atlantis", "LocationNotAvailableForResourceGroup"),
    ],
)
def test_a_location_must_offer_the_type(azure: Azure, arm_id: str, location: str, code: str) -> None:
    """Unknown places, types that a place lacks, and global types in a region are refused."""
    error = refused(azure, arm_id, {**BASIC, "location": location})

    assert (error.status, error.code) == (400, code)


def test_a_resource_does_not_move(azure: Azure) -> None:
    """The same name in another location is refused, with where it is."""
    azure.put(REGISTRY, BASIC)

    error = refused(azure, REGISTRY, {**BASIC, "location": "westeurope"})

    assert (error.status, error.code) == (409, "InvalidResourceLocation")
    assert "already exists in location 'uaenorth'" in error.message


def test_a_location_is_one_however_it_is_written(azure: Azure) -> None:
    """`UAE North` is `uaenorth`."""
    assert azure.put(REGISTRY, {**BASIC, "location": "UAE North"})["location"] == "uaenorth"


def test_a_child_needs_its_parent(azure: Azure) -> None:
    """A pool of no cluster is refused."""
    error = refused(azure, f"{CLUSTER}/agentPools/cpu", {"properties": {"vmSize": "Standard_D4s_v5"}})

    assert (error.status, error.code) == (404, "ParentResourceNotFound")
    assert CLUSTER in error.message


def test_an_extension_needs_what_it_extends(azure: Azure) -> None:
    """A diagnostic setting on nothing is refused."""
    error = refused(azure, f"{REGISTRY}/providers/Microsoft.Insights/diagnosticSettings/d", {"properties": {}})

    assert error.code == "ParentResourceNotFound"


def test_bodies_are_held_to_the_sdks_types(azure: Azure) -> None:
    """What comes past the provider is checked too."""
    error = refused(azure, REGISTRY, {**BASIC, "properties": {"adminUser": True}})

    assert (error.code, error.target) == ("InvalidRequestContent", "adminUser")
    assert "did you mean 'adminUserEnabled'?" in error.message


def test_registry_names_are_shared_by_all(azure: Azure) -> None:
    """A name that another group's registry has is taken."""
    azure.put(group_id("rg-other"), {"location": "uaenorth"})
    azure.put(REGISTRY, BASIC)

    error = refused(azure, REGISTRY.replace("rg-test", "rg-other").replace("hgtest", "HGTEST"), BASIC)

    assert (error.status, error.code) == (409, "AlreadyInUse")


@pytest.mark.parametrize("properties", [{"publicNetworkAccess": "Disabled"}, {"zoneRedundancy": "Enabled"}])
def test_private_registries_are_premium(azure: Azure, properties: dict[str, Any]) -> None:
    """A Basic registry has no private access and no zones."""
    assert refused(azure, REGISTRY, {**BASIC, "properties": properties}).code == "SkuNotSupported"


def test_admin_credentials_are_refused_while_the_admin_is_off(azure: Azure) -> None:
    """With the admin user on, there are two passwords."""
    azure.put(REGISTRY, BASIC)
    with pytest.raises(ArmError) as caught:
        azure.resources.act(REGISTRY, "listCredentials", {})
    azure.put(REGISTRY, {**BASIC, "properties": {"adminUserEnabled": True}})
    answer = azure.resources.act(REGISTRY, "listCredentials", {})

    assert caught.value.code == "UnAuthorizedForCredentialOperations"
    assert [row["name"] for row in answer["passwords"]] == ["password", "password2"]


def test_gpu_cores_have_a_quota_per_region(azure: Azure) -> None:
    """The message is Azure's, with limit, usage and what would be needed; what runs already counts."""
    azure.put(CLUSTER, cluster())
    azure.put(f"{CLUSTER}/agentPools/gpu", {"properties": {"vmSize": "Standard_NC16as_T4_v3", "count": 7}})

    error = refused(
        azure, f"{CLUSTER}/agentPools/more", {"properties": {"vmSize": "Standard_NC16as_T4_v3", "count": 2}}
    )

    assert (error.status, error.code) == (409, "QuotaExceeded")
    assert error.message == (
        "Operation could not be completed as it results in exceeding approved Standard NCASv3_T4 Family Cores quota. "
        "Additional details - Deployment Model: Resource Manager, Location: uaenorth, Current Limit: 128, "
        "Current Usage: 112, Additional Required: 32, (Minimum) New Limit Required: 144."
    )


def test_a_pool_that_grows_pays_for_the_growth_only(azure: Azure) -> None:
    """An update counts its own former nodes once."""
    pool = f"{CLUSTER}/agentPools/gpu"
    azure.put(CLUSTER, cluster())
    azure.put(pool, {"properties": {"vmSize": "Standard_NC16as_T4_v3", "count": 7}})

    assert azure.put(pool, {"properties": {"vmSize": "Standard_NC16as_T4_v3", "count": 8}})["properties"]["count"] == 8
    assert refused(azure, pool, {"properties": {"vmSize": "Standard_NC16as_T4_v3", "count": 9}}).code == "QuotaExceeded"


def test_an_autoscalers_maximum_costs_no_quota(azure: Azure) -> None:
    """As in Azure, only what runs counts."""
    azure.put(CLUSTER, cluster())
    properties = {
        "vmSize": "Standard_NC16as_T4_v3",
        "enableAutoScaling": True,
        "count": 0,
        "minCount": 0,
        "maxCount": 100,
    }

    assert azure.put(f"{CLUSTER}/agentPools/gpu", {"properties": properties})["properties"]["count"] == 0


@pytest.mark.parametrize(
    ("pool", "words"),
    [
        ({"vmSize": "Standard_X1"}, "The VM size of Standard_X1 is not allowed"),
        ({}, "Required parameter vmSize is missing"),
        (
            {"vmSize": "Standard_D4s_v5", "enableAutoScaling": True, "minCount": 3, "maxCount": 2},
            "minCount 3 and maxCount 2",
        ),
        (
            {"vmSize": "Standard_D4s_v5", "enableAutoScaling": True, "minCount": 1, "maxCount": 2, "count": 5},
            "The count 5 is outside",
        ),
    ],
)
def test_pools_must_be_sound(azure: Azure, pool: dict[str, Any], words: str) -> None:
    """Sizes exist and bounds agree."""
    azure.put(CLUSTER, cluster())

    error = refused(azure, f"{CLUSTER}/agentPools/cpu", {"properties": pool})

    assert error.code == "InvalidParameter"
    assert words in error.message


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"identity": None}, "InvalidParameter"),
        ({"properties": {"dnsPrefix": "x"}}, "InvalidParameter"),
        ({"properties": {**cluster()["properties"], "kubernetesVersion": "1.12"}}, "K8sVersionNotSupported"),
        (
            {
                "identity": {
                    "type": "UserAssigned",
                    "userAssignedIdentities": {f"{PROVIDERS}/Microsoft.ManagedIdentity/x": {}},
                }
            },
            "FailedIdentityOperation",
        ),
    ],
)
def test_clusters_must_be_sound(azure: Azure, change: dict[str, Any], code: str) -> None:
    """An identity that exists, a system pool, a version that is offered."""
    assert refused(azure, CLUSTER, {**cluster(), **change}).code == code


def test_what_azure_can_not_change_in_place_is_refused(azure: Azure) -> None:
    """A pool's machine is fixed."""
    pool = f"{CLUSTER}/agentPools/cpu"
    azure.put(CLUSTER, cluster())
    azure.put(pool, {"properties": {"vmSize": "Standard_D4s_v5", "count": 1}})

    error = refused(azure, pool, {"properties": {"vmSize": "Standard_D8s_v5", "count": 1}})

    assert (error.status, error.code, error.target) == (400, "PropertyChangeNotAllowed", "vmSize")


def test_subnets_lie_inside_their_network_and_apart(azure: Azure) -> None:
    """Outside and overlapping ranges are refused."""
    azure.put(NETWORK, {"location": "uaenorth", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}})
    azure.put(f"{NETWORK}/subnets/a", {"properties": {"addressPrefix": "10.0.0.0/24"}})

    outside = refused(azure, f"{NETWORK}/subnets/b", {"properties": {"addressPrefix": "10.1.0.0/24"}})
    overlapping = refused(azure, f"{NETWORK}/subnets/b", {"properties": {"addressPrefix": "10.0.0.128/25"}})

    assert [outside.code, overlapping.code] == ["NetcfgInvalidSubnet", "NetcfgSubnetRangesOverlap"]


def test_a_lock_refuses_deletion_above_and_below_it(azure: Azure) -> None:
    """Neither the locked registry nor its group can go, until the lock has."""
    lock = f"{REGISTRY}/providers/Microsoft.Authorization/locks/keep"
    azure.put(REGISTRY, BASIC)
    azure.put(lock, {"properties": {"level": "CanNotDelete"}})

    for arm_id in (REGISTRY, GROUP):
        with pytest.raises(ArmError) as caught:
            azure.delete(arm_id)
        assert (caught.value.status, caught.value.code) == (409, "ScopeLocked")
    azure.delete(lock)
    azure.delete(GROUP)

    assert azure.ids() == []


def test_a_role_is_given_once(azure: Azure) -> None:
    """The same principal, role and scope under another name is refused."""
    names = [
        f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/{digit * 8}-0000-0000-0000-000000000000"
        for digit in "12"
    ]
    body = {"properties": {"principalId": "3" * 8 + "-0000-0000-0000-000000000000", "roleDefinitionId": "/x/acrpull"}}
    azure.put(names[0], body)

    assert refused(azure, names[1], body).code == "RoleAssignmentExists"


def test_a_vault_keeps_its_name_after_deletion(azure: Azure) -> None:
    """Created again it must be recovered; elsewhere the name stays taken; purge protection forbids purging."""
    azure.put(VAULT, vault(softDeleteRetentionInDays=30, enablePurgeProtection=True))
    azure.delete(VAULT)
    azure.put(group_id("rg-other"), {"location": "uaenorth"})

    again = refused(azure, VAULT, vault(enablePurgeProtection=True))
    elsewhere = refused(azure, VAULT.replace("rg-test", "rg-other"), vault())
    with pytest.raises(ArmError) as purge:
        azure.resources.deleted_vaults.purge("uaenorth", "kv-hg-test")
    recovered = azure.put(VAULT, vault(createMode="recover", enablePurgeProtection=True))

    assert [again.code, elsewhere.code, purge.value.code] == [
        "ConflictError",
        "VaultAlreadyExists",
        "DeletedVaultPurge",
    ]
    assert recovered["properties"]["softDeleteRetentionInDays"] == 30
    assert "createMode" not in recovered["properties"]
    assert azure.resources.deleted_vaults.listing() == []


def test_a_vault_without_protection_can_be_purged(azure: Azure) -> None:
    """After a purge its name is free."""
    azure.put(VAULT, vault())
    azure.delete(VAULT)
    azure.resources.deleted_vaults.purge("uaenorth", "kv-hg-test")

    assert azure.put(VAULT, vault())["properties"]["vaultUri"] == "https://kv-hg-test.vault.azure.net/"


def test_purge_protection_can_not_be_taken_back(azure: Azure) -> None:
    """`false` is refused, as Azure refuses it."""
    azure.put(VAULT, vault(enablePurgeProtection=True))

    assert "irreversible" in refused(azure, VAULT, vault(enablePurgeProtection=False)).message


def test_an_origin_group_stays_while_a_route_uses_it(azure: Azure) -> None:
    """A route needs origins; its group and the group's last origin can't go before it."""
    group, route = f"{PROFILE}/originGroups/og", f"{PROFILE}/afdEndpoints/e/routes/r"
    azure.put(PROFILE, {"location": "Global", "sku": {"name": "Premium_AzureFrontDoor"}, "properties": {}})
    azure.put(f"{PROFILE}/afdEndpoints/e", {"location": "Global", "properties": {}})
    azure.put(group, {"properties": {}})
    without_origin = refused(azure, route, {"properties": {"originGroup": {"id": group}}})
    azure.put(f"{group}/origins/o", {"properties": {"hostName": "gw.test"}})
    azure.put(route, {"properties": {"originGroup": {"id": group}}})

    codes = []
    for arm_id in (group, f"{group}/origins/o"):
        with pytest.raises(ArmError) as caught:
            azure.delete(arm_id)
        codes.append(caught.value.code)

    assert "at least one enabled origin" in without_origin.message
    assert codes == ["Conflict", "Conflict"]


def test_the_last_system_pool_stays(azure: Azure) -> None:
    """A cluster whose only system pool is separate can't lose it."""
    azure.put(CLUSTER, cluster())
    azure.put(f"{CLUSTER}/agentPools/boot", {"properties": {"vmSize": "Standard_D4s_v5", "mode": "System", "count": 1}})

    with pytest.raises(ArmError) as caught:
        azure.delete(f"{CLUSTER}/agentPools/boot")

    assert caught.value.code == "OperationNotAllowed"


def test_diagnostics_go_somewhere(azure: Azure) -> None:
    """A setting without destination, or to one that does not exist, is refused."""
    setting = f"{REGISTRY}/providers/Microsoft.Insights/diagnosticSettings/d"
    azure.put(REGISTRY, BASIC)
    logs = [{"categoryGroup": "allLogs", "enabled": True}]

    nowhere = refused(azure, setting, {"properties": {"logs": logs}})
    missing = refused(azure, setting, {"properties": {"logs": logs, "workspaceId": f"{PROVIDERS}/x"}})

    assert [nowhere.message, missing.code] == ["At least one data sink needs to be specified.", "ResourceNotFound"]


def test_a_new_budget_begins_this_month_or_later(azure: Azure) -> None:
    """One that stands may keep a beginning that is long past."""
    budget = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Consumption/budgets/budget"
    past = {"amount": 1, "category": "Cost", "timeGrain": "Monthly", "timePeriod": {"startDate": "2026-01-01"}}

    new = refused(azure, budget, {"properties": past})
    azure.put(budget, {"properties": past | {"timePeriod": {"startDate": "2999-01-01"}}})

    assert new.message.startswith("Start date 2026-01-01 of a monthly budget must not lie before the current month")
    assert azure.put(budget, {"properties": past})["properties"]["timePeriod"] == past["timePeriod"]


def test_a_budget_filters_on_what_a_bill_has(azure: Azure) -> None:
    """It may stand at the subscription; a filter on an unknown dimension, or an `and` of one, is refused."""
    budget = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Consumption/budgets/budget"
    groups = {"dimensions": {"name": "ResourceGroupName", "operator": "In", "values": ["rg"]}}
    asked = {"amount": 1, "category": "Cost", "timeGrain": "Monthly", "timePeriod": {"startDate": "2999-01-01"}}

    assert azure.put(budget, {"properties": asked | {"filter": groups}})["properties"]["filter"] == groups
    for wrong in ({"dimensions": groups["dimensions"] | {"name": "Group"}}, {"and": [groups]}):
        with pytest.raises(ArmError) as refused:
            azure.put(budget, {"properties": asked | {"filter": wrong}})
        assert refused.value.message.startswith(("Invalid dimension 'Group'", "Filter expression 'and'"))
