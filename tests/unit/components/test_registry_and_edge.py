"""ModelRegistry: where models come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import ModelRegistry

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
    assert recording.one("azure-native:monitor:DiagnosticSetting").inputs["workspaceId"] == "/logs"


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
    }
