"""AuditTrail: what happened is kept where nobody can change it, and told to those who watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import AuditTrail
from tests.unit.components.conftest import SUBSCRIPTION

pytestmark = pytest.mark.unit

WORKSPACE = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"
ACTIVITY = [
    "Administrative",
    "Security",
    "ServiceHealth",
    "Alert",
    "Recommendation",
    "Policy",
    "Autoscale",
    "ResourceHealth",
]


def region(name: str, **more: Any) -> dict[str, Any]:
    """Return a region with a vault whose logs are kept."""
    return {
        "name": name,
        "resource_group": f"rg-{name}",
        "network": {"region": name, "resource_group": f"rg-{name}", "subnet_id": f"/{name}", "zones": {}},
        "sources": {f"vault-{name}": f"/vault/{name}"},
        **more,
    }


def build(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one trail."""

    def program() -> dict[str, Any]:
        args: Any = {
            "organisation": "hg",
            "ownership": ownership,
            "workspace_id": WORKSPACE,
            "regions": [region("uaenorth")],
            **more,
        }
        trail = AuditTrail("a", args)
        return {"stores": trail.store_ids, "ledgers": trail.ledger_uris, "streams": trail.stream_ids}

    return program


def test_defaults_keep_one_region_and_the_activity_log(record: Any, ownership: dict[str, str]) -> None:
    """A store with the ledger's container, private and locked; what its region and the subscription log goes there."""
    recording = record(build(ownership))

    assert recording.children() == {
        "a-uaenorth-store": "azure-native:storage:StorageAccount",
        "a-uaenorth-store-blobs": "azure-native:storage:BlobServiceProperties",
        "a-uaenorth-store-blobs-diagnostics": "azure-native:monitor:DiagnosticSetting",
        "a-uaenorth-store-ledger": "azure-native:storage:BlobContainer",
        "a-uaenorth-store-uaenorth-blob-endpoint": "azure-native:network:PrivateEndpoint",
        "a-uaenorth-store-uaenorth-blob-records": "azure-native:network:PrivateDnsZoneGroup",
        "a-uaenorth-store-lock": "azure-native:authorization:ManagementLockByScope",
        "a-vault-uaenorth-archive": "azure-native:monitor:DiagnosticSetting",
        "a-activity": "azure-native:monitor:SubscriptionDiagnosticSetting",
    }
    assert {each.name for each in recording.resources if each.protect} == {
        "a-uaenorth-store",
        "a-uaenorth-store-ledger",
        "a-activity",
    }
    assert {each.parent for each in recording.resources if each.name != "a"} == {"a"}
    assert recording.outputs == {
        "stores": {"uaenorth": f"{SUBSCRIPTION}/a-uaenorth-store"},
        "ledgers": {"uaenorth": "https://hgauditproduaenorth.blob.core.windows.net/ledger"},
        "streams": {},
    }


def test_hardened_store_is_the_default(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """Versions are immutable for seven years and can be appended to; no key, no public network."""
    recording = record(build(ownership))

    assert recording.one("azure-native:storage:StorageAccount").inputs == {
        "accountName": "hgauditproduaenorth",
        "resourceGroupName": "rg-uaenorth",
        "location": "uaenorth",
        "kind": "StorageV2",
        "sku": {"name": "Standard_GZRS"},
        "accessTier": "Hot",
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
        "allowCrossTenantReplication": False,
        "allowedCopyScope": "AAD",
        "defaultToOAuthAuthentication": True,
        "enableHttpsTrafficOnly": True,
        "minimumTlsVersion": "TLS1_2",
        "isLocalUserEnabled": False,
        "isSftpEnabled": False,
        "publicNetworkAccess": "Disabled",
        "networkRuleSet": {"defaultAction": "Deny", "bypass": "AzureServices"},
        "encryption": {
            "keySource": "Microsoft.Storage",
            "requireInfrastructureEncryption": True,
            "services": {
                "blob": {"enabled": True, "keyType": "Account"},
                "file": {"enabled": True, "keyType": "Account"},
            },
        },
        "sasPolicy": {"expirationAction": "Block", "sasExpirationPeriod": "0.01:00:00"},
        "immutableStorageWithVersioning": {
            "enabled": True,
            "immutabilityPolicy": {
                "allowProtectedAppendWrites": True,
                "immutabilityPeriodSinceCreationInDays": 2557,
                "state": "Unlocked",
            },
        },
        "tags": tags,
    }
    assert recording.one("azure-native:storage:BlobServiceProperties").inputs == {
        "accountName": "hgauditproduaenorth",
        "resourceGroupName": "rg-uaenorth",
        "blobServicesName": "default",
        "isVersioningEnabled": True,
        "changeFeed": {"enabled": True},
        "deleteRetentionPolicy": {"enabled": True, "days": 90},
        "containerDeleteRetentionPolicy": {"enabled": True, "days": 90},
    }
    assert recording.one("azure-native:storage:BlobContainer").inputs == {
        "accountName": "hgauditproduaenorth",
        "resourceGroupName": "rg-uaenorth",
        "containerName": "ledger",
        "publicAccess": "None",
        "immutableStorageWithVersioning": {"enabled": True},
    }


def test_the_lock_is_a_setting_that_nothing_turns_on_by_itself(record: Any, ownership: dict[str, str]) -> None:
    """Locked is final, so it is asked for; a region without zones is copied to its pair alone."""
    recording = record(
        build(ownership, locked=True, retention_days=10, regions=[region("uaecentral", zone_redundant=False)])
    )
    store = recording.one("azure-native:storage:StorageAccount").inputs

    assert store["immutableStorageWithVersioning"]["immutabilityPolicy"] == {
        "allowProtectedAppendWrites": True,
        "immutabilityPeriodSinceCreationInDays": 10,
        "state": "Locked",
    }
    assert store["sku"] == {"name": "Standard_GRS"}


def test_logs_are_kept_in_their_own_region(record: Any, ownership: dict[str, str]) -> None:
    """Azure takes them nowhere else; the activity log, which is of no region, goes to the primary's store."""
    recording = record(build(ownership, regions=[region("uaenorth"), region("uaecentral", zone_redundant=False)]))

    assert recording.one("azure-native:monitor:DiagnosticSetting", "a-vault-uaecentral-archive").inputs == {
        "name": "headgate-archive",
        "resourceUri": "/vault/uaecentral",
        "storageAccountId": f"{SUBSCRIPTION}/a-uaecentral-store",
        "logs": [{"categoryGroup": "allLogs", "enabled": True}],
    }
    assert recording.one("azure-native:monitor:SubscriptionDiagnosticSetting").inputs == {
        "name": "headgate-activity-prod",
        "workspaceId": WORKSPACE,
        "storageAccountId": f"{SUBSCRIPTION}/a-uaenorth-store",
        "logs": [{"category": category, "enabled": True} for category in ACTIVITY],
    }


def test_max_streams_to_a_siem_and_is_watched(record: Any, ownership: dict[str, str]) -> None:
    """Each region has a private stream, which the reader opens with an identity; Sentinel watches the workspace."""
    recording = record(build(ownership, stream={"reader_id": "siem"}, sentinel=True))
    stream = {name: kind for name, kind in recording.children().items() if "-stream" in name}

    assert stream == {
        "a-uaenorth-stream": "azure-native:eventhub:Namespace",
        "a-uaenorth-stream-hub": "azure-native:eventhub:EventHub",
        "a-uaenorth-stream-rule": "azure-native:eventhub:NamespaceAuthorizationRule",
        "a-uaenorth-stream-doors": "azure-native:eventhub:NamespaceNetworkRuleSet",
        "a-uaenorth-stream-readers": "azure-native:eventhub:ConsumerGroup",
        "a-uaenorth-stream-reader-grant": "azure-native:authorization:RoleAssignment",
        "a-uaenorth-stream-diagnostics": "azure-native:monitor:DiagnosticSetting",
        "a-uaenorth-stream-uaenorth-namespace-endpoint": "azure-native:network:PrivateEndpoint",
        "a-uaenorth-stream-uaenorth-namespace-records": "azure-native:network:PrivateDnsZoneGroup",
        "a-uaenorth-stream-lock": "azure-native:authorization:ManagementLockByScope",
    }
    assert recording.one("azure-native:eventhub:NamespaceNetworkRuleSet").inputs == {
        "namespaceName": "evhns-hg-audit-prod-uaenorth",
        "resourceGroupName": "rg-uaenorth",
        "defaultAction": "Deny",
        "publicNetworkAccess": "Disabled",
        "trustedServiceAccessEnabled": True,
    }
    archive = recording.one("azure-native:monitor:DiagnosticSetting", "a-vault-uaenorth-archive").inputs
    assert (archive["eventHubAuthorizationRuleId"], archive["eventHubName"]) == (
        f"{SUBSCRIPTION}/a-uaenorth-stream-rule",
        "audit",
    )
    assert recording.one("azure-native:securityinsights:ASCDataConnector").inputs == {
        "kind": "AzureSecurityCenter",
        "dataConnectorId": "226e01a7-6067-5b75-8cf8-483bf6991360",
        "resourceGroupName": "rg",
        "workspaceName": "log",
        "subscriptionId": SUBSCRIPTION.rpartition("/")[2],
        "dataTypes": {"alerts": {"state": "Enabled"}},
    }
    assert recording.outputs["streams"] == {"uaenorth": f"{SUBSCRIPTION}/a-uaenorth-stream"}


def test_a_stream_of_another_width_is_another_stream(
    record: Any, ownership: dict[str, str], tags: dict[str, str]
) -> None:
    """Azure can't change the number of partitions: the hub alone is made anew, and the namespace stays."""
    recording = record(build(ownership, stream={"retention_hours": 24, "partitions": 8, "max_throughput_units": 4}))

    hub = recording.one("azure-native:eventhub:EventHub")
    assert hub.replaced_for == ["partitionCount"]
    assert hub.inputs == {
        "eventHubName": "audit",
        "namespaceName": "evhns-hg-audit-prod-uaenorth",
        "resourceGroupName": "rg-uaenorth",
        "partitionCount": 8,
        "retentionDescription": {"cleanupPolicy": "Delete", "retentionTimeInHours": 24},
    }
    assert recording.one("azure-native:eventhub:Namespace").inputs == {
        "namespaceName": "evhns-hg-audit-prod-uaenorth",
        "resourceGroupName": "rg-uaenorth",
        "location": "uaenorth",
        "sku": {"name": "Standard", "tier": "Standard", "capacity": 1},
        "isAutoInflateEnabled": True,
        "maximumThroughputUnits": 4,
        "zoneRedundant": True,
        "minimumTlsVersion": "1.2",
        "publicNetworkAccess": "Disabled",
        "disableLocalAuth": False,
        "tags": tags,
    }
