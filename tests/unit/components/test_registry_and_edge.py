"""ModelRegistry and MultiRegionFailover: where models come from, and how they are reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import ModelRegistry, MultiRegionFailover

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


def edge(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one edge over one region."""

    def program() -> dict[str, Any]:
        args: Any = {
            "organisation": "hg",
            "ownership": ownership,
            "resource_group": "rg",
            "host": "models.example.com",
            "origins": [{"name": "uaenorth", "address": "10.0.0.9"}],
            "workspace_id": "/logs",
            **more,
        }
        return {"endpoint": MultiRegionFailover("e", args).endpoint}

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


def test_the_edge_probes_whether_models_can_be_served(record: Any, ownership: dict[str, str]) -> None:
    """HEAD over HTTPS every 30 seconds by default, two of four."""
    recording = record(edge(ownership))

    assert recording.children() == {
        "e-profile": "azure-native:cdn:Profile",
        "e-endpoint": "azure-native:cdn:AFDEndpoint",
        "e-gateways": "azure-native:cdn:AFDOriginGroup",
        "e-uaenorth-origin": "azure-native:cdn:AFDOrigin",
        "e-route": "azure-native:cdn:Route",
        "e-edge-diagnostics": "azure-native:monitor:DiagnosticSetting",
    }
    assert recording.one("azure-native:cdn:AFDOriginGroup").inputs == {
        "originGroupName": "gateways",
        "profileName": "afd-headgate-prod",
        "resourceGroupName": "rg",
        "healthProbeSettings": {
            "probePath": "/v2/health/ready",
            "probeProtocol": "Https",
            "probeRequestType": "HEAD",
            "probeIntervalInSeconds": 30,
        },
        "loadBalancingSettings": {
            "sampleSize": 4,
            "successfulSamplesRequired": 2,
            "additionalLatencyInMilliseconds": 0,
        },
        "sessionAffinityState": "Disabled",
    }
    assert recording.outputs == {"endpoint": "https://hg-models.z01.azurefd.net"}


def test_a_standby_is_reached_by_private_link_with_its_priority(record: Any, ownership: dict[str, str]) -> None:
    """No gateway needs a public address."""
    standby = {
        "name": "uaecentral",
        "address": "10.0.0.9",
        "private_link_id": "/pls",
        "private_link_location": "uaenorth",
        "priority": 2,
        "weight": 100,
    }
    origin = record(edge(ownership, origins=[standby])).one("azure-native:cdn:AFDOrigin")

    assert origin.inputs == {
        "originName": "uaecentral",
        "originGroupName": "gateways",
        "profileName": "afd-headgate-prod",
        "resourceGroupName": "rg",
        "hostName": "10.0.0.9",
        "originHostHeader": "models.example.com",
        "httpPort": 80,
        "httpsPort": 443,
        "priority": 2,
        "weight": 100,
        "enabledState": "Enabled",
        "enforceCertificateNameCheck": True,
        "sharedPrivateLinkResource": {
            "privateLink": {"id": "/pls"},
            "privateLinkLocation": "uaenorth",
            "requestMessage": "Headgate: edge to gateway",
        },
    }


def test_traffic_is_https_end_to_end(record: Any, ownership: dict[str, str]) -> None:
    """Neither the public side nor the way to a gateway speaks plain HTTP."""
    route = record(edge(ownership)).one("azure-native:cdn:Route").inputs

    assert (route["supportedProtocols"], route["forwardingProtocol"]) == (["Https"], "HttpsOnly")
