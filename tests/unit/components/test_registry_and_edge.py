"""ModelRegistry: where models come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import ModelRegistry
from tests.unit.components.conftest import SUBSCRIPTION

pytestmark = pytest.mark.unit


def registry(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one registry."""

    def program() -> dict[str, Any]:
        args: Any = {
            "organisation": "hg",
            "ownership": ownership,
            "resource_group": "rg",
            "region": "uaenorth",
            "replicas": [],
            "workspace_id": "/logs",
            **more,
        }
        return {"server": ModelRegistry("r", args).login_server}

    return program


def test_a_hardened_registry_is_the_default(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """No admin user, no anonymous pull, no public network, no export."""
    recording = record(registry(ownership))
    made = recording.one("azure-native:containerregistry:Registry")

    assert made.protect
    assert made.inputs == {
        "registryName": "hgplatformprod",
        "resourceGroupName": "rg",
        "location": "uaenorth",
        "sku": {"name": "Premium"},
        "adminUserEnabled": False,
        "anonymousPullEnabled": False,
        "dataEndpointEnabled": True,
        "publicNetworkAccess": "Disabled",
        "networkRuleBypassOptions": "AzureServices",
        "zoneRedundancy": "Enabled",
        "policies": {
            "exportPolicy": {"status": "disabled"},
            "retentionPolicy": {"days": 15, "status": "enabled"},
            "azureADAuthenticationAsArmPolicy": {"status": "disabled"},
        },
        "tags": tags,
    }
    assert recording.outputs == {"server": "hgplatformprod.azurecr.io"}
    assert recording.one("azure-native:monitor:DiagnosticSetting", "r-registry-diagnostics").inputs == {
        "name": "headgate-audit",
        "resourceUri": f"{SUBSCRIPTION}/r-registry",
        "workspaceId": "/logs",
        "logs": [{"categoryGroup": "allLogs", "enabled": True}],
        "metrics": [{"category": "AllMetrics", "enabled": True}],
    }


def test_max_has_a_copy_in_each_other_region(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """A region without zones gets a copy without them; the learning registry covers all regions."""
    recording = record(registry(ownership, replicas=[{"region": "uaecentral", "zone_redundant": False}]))

    assert recording.one("azure-native:containerregistry:Replication").inputs == {
        "replicationName": "uaecentral",
        "registryName": "hgplatformprod",
        "resourceGroupName": "rg",
        "location": "uaecentral",
        "regionEndpointEnabled": True,
        "zoneRedundancy": "Disabled",
        "tags": tags,
    }
    learning = recording.one("azure-native:machinelearningservices:Registry")
    assert [each["location"] for each in learning.inputs["regionDetails"]] == ["uaenorth", "uaecentral"]
    assert learning.inputs["regionDetails"][0] == {
        "location": "uaenorth",
        "acrDetails": [{"systemCreatedAcrAccount": {"acrAccountSku": "Premium"}}],
        "storageAccountDetails": [
            {
                "systemCreatedStorageAccount": {
                    "storageAccountType": "Standard_ZRS",
                    "storageAccountHnsEnabled": False,
                    "allowBlobPublicAccess": False,
                }
            }
        ],
    }


def test_without_a_learning_registry_there_is_only_the_container_registry(
    record: Any, ownership: dict[str, str]
) -> None:
    """Teams that train elsewhere don't pay for it."""
    assert record(registry(ownership, machine_learning=False)).children() == {
        "r-registry": "azure-native:containerregistry:Registry",
        "r-registry-diagnostics": "azure-native:monitor:DiagnosticSetting",
        "r-registry-lock": "azure-native:authorization:ManagementLockByScope",
    }


def test_registries_are_reached_from_every_network(record: Any, ownership: dict[str, str]) -> None:
    """The container registry and the learning registry have an address in each region's network."""
    networks = [
        {
            "region": region,
            "resource_group": f"rg-{region}",
            "subnet_id": f"/{region}",
            "zones": {"privatelink.azurecr.io": f"/acr/{region}", "privatelink.api.azureml.ms": f"/api/{region}"},
        }
        for region in ("uaenorth", "uaecentral")
    ]
    recording = record(registry(ownership, guarding={"private_access": networks}))

    assert {
        each.inputs["privateEndpointName"]: (each.inputs["location"], each.inputs["subnet"]["id"])
        for each in recording.resources
        if each.type == "azure-native:network:PrivateEndpoint"
    } == {
        "pep-hgplatformprod-registry-uaenorth": ("uaenorth", "/uaenorth"),
        "pep-hgplatformprod-registry-uaecentral": ("uaecentral", "/uaecentral"),
        "pep-mlr-hg-prod-amlregistry-uaenorth": ("uaenorth", "/uaenorth"),
        "pep-mlr-hg-prod-amlregistry-uaecentral": ("uaecentral", "/uaecentral"),
    }
    assert {
        configured["privateDnsZoneId"]
        for each in recording.resources
        if each.type == "azure-native:network:PrivateDnsZoneGroup"
        for configured in each.inputs["privateDnsZoneConfigs"]
    } == {"/acr/uaenorth", "/acr/uaecentral", "/api/uaenorth", "/api/uaecentral"}


def test_a_learning_workspace_is_private_and_takes_no_key(
    record: Any, ownership: dict[str, str], tags: dict[str, str]
) -> None:
    """It acts as itself on a store of its own, the home's vault and the registry."""
    recording = record(registry(ownership, learning_workspace={"vault_id": "/vault"}, machine_learning=False))

    assert recording.one("azure-native:machinelearningservices:Workspace").inputs == {
        "workspaceName": "mlw-prod-uaenorth",
        "resourceGroupName": "rg",
        "location": "uaenorth",
        "kind": "Default",
        "sku": {"name": "Basic", "tier": "Basic"},
        "friendlyName": "Headgate prod",
        "description": "Experiments and training; models are served from the registry alone.",
        "identity": {"type": "SystemAssigned"},
        "storageAccount": f"{SUBSCRIPTION}/r-workspace-store",
        "keyVault": "/vault",
        "containerRegistry": f"{SUBSCRIPTION}/r-registry",
        "publicNetworkAccess": "Disabled",
        "systemDatastoresAuthMode": "Identity",
        "v1LegacyMode": False,
        "hbiWorkspace": True,
        "managedNetwork": {"isolationMode": "AllowOnlyApprovedOutbound", "firewallSku": "Basic"},
        "tags": tags,
    }
    store = recording.one("azure-native:storage:StorageAccount").inputs
    assert (store["accountName"], store["allowSharedKeyAccess"], store["publicNetworkAccess"], store["sku"]) == (
        "hglearningprod",
        False,
        "Disabled",
        {"name": "Standard_GZRS"},
    )
    assert {name for name in recording.children() if name.endswith("-lock")} == {
        "r-registry-lock",
        "r-workspace-lock",
        "r-workspace-store-lock",
    }
