"""PlatformFoundation: what everything else stands on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from components.catalog import PlatformFoundation
from tests.unit.components.conftest import SUBSCRIPTION

pytestmark = pytest.mark.unit

REGIONS = [{"name": "uaenorth", "network": "10.60.0.0/16"}, {"name": "uaecentral", "network": "10.61.0.0/16"}]


def build(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one foundation."""

    def program() -> dict[str, Any]:
        args: Any = {
            "organisation": "hg",
            "ownership": ownership,
            "tenant_id": "tenant",
            "regions": REGIONS[:1],
            "budget": {"monthly": 60000, "starts": "2026-01-01", "contacts": ["a@b.c"], "thresholds": [80, 100]},
            **more,
        }
        foundation = PlatformFoundation("f", args)
        return {"groups": foundation.resource_groups, "vaults": foundation.vault_uris}

    return program


ZONES = {
    "agentsvc-azure-automation-net": "privatelink.agentsvc.azure-automation.net",
    "api-azureml-ms": "privatelink.api.azureml.ms",
    "azurecr-io": "privatelink.azurecr.io",
    "blob-core-windows-net": "privatelink.blob.core.windows.net",
    "file-core-windows-net": "privatelink.file.core.windows.net",
    "grafana-azure-com": "privatelink.grafana.azure.com",
    "monitor-azure-com": "privatelink.monitor.azure.com",
    "notebooks-azure-net": "privatelink.notebooks.azure.net",
    "ods-opinsights-azure-com": "privatelink.ods.opinsights.azure.com",
    "oms-opinsights-azure-com": "privatelink.oms.opinsights.azure.com",
    "servicebus-windows-net": "privatelink.servicebus.windows.net",
    "uaenorth-prometheus-monitor-azure-com": "privatelink.uaenorth.prometheus.monitor.azure.com",
    "vaultcore-azure-net": "privatelink.vaultcore.azure.net",
}


def test_defaults_make_one_region(record: Any, ownership: dict[str, str]) -> None:
    """One group, network with its rules and zones, private vault and two identities; once a workspace and a budget."""
    recording = record(build(ownership))

    assert recording.children() == {
        "f-uaenorth-group": "azure-native:resources:ResourceGroup",
        "f-logs": "azure-native:operationalinsights:Workspace",
        "f-logs-diagnostics": "azure-native:monitor:DiagnosticSetting",
        "f-logs-lock": "azure-native:authorization:ManagementLockByScope",
        "f-monthly-budget": "azure-native:consumption:Budget",
        "f-uaenorth-nodes-rules": "azure-native:network:NetworkSecurityGroup",
        "f-uaenorth-nodes-rules-diagnostics": "azure-native:monitor:DiagnosticSetting",
        "f-uaenorth-endpoints-rules": "azure-native:network:NetworkSecurityGroup",
        "f-uaenorth-endpoints-rules-diagnostics": "azure-native:monitor:DiagnosticSetting",
        "f-uaenorth-network": "azure-native:network:VirtualNetwork",
        "f-uaenorth-network-diagnostics": "azure-native:monitor:DiagnosticSetting",
        **{f"f-uaenorth-{label}-zone": "azure-native:privatedns:PrivateZone" for label in ZONES},
        **{f"f-uaenorth-{label}-link": "azure-native:privatedns:VirtualNetworkLink" for label in ZONES},
        "f-uaenorth-vault": "azure-native:keyvault:Vault",
        "f-uaenorth-vault-diagnostics": "azure-native:monitor:DiagnosticSetting",
        "f-uaenorth-vault-uaenorth-vault-endpoint": "azure-native:network:PrivateEndpoint",
        "f-uaenorth-vault-uaenorth-vault-records": "azure-native:network:PrivateDnsZoneGroup",
        "f-uaenorth-vault-lock": "azure-native:authorization:ManagementLockByScope",
        "f-uaenorth-cluster-identity": "azure-native:managedidentity:UserAssignedIdentity",
        "f-uaenorth-nodes-identity": "azure-native:managedidentity:UserAssignedIdentity",
    }
    assert {each.name for each in recording.resources if each.protect} == {
        "f-uaenorth-group",
        "f-logs",
        "f-uaenorth-network",
        "f-uaenorth-vault",
    }
    assert {each.parent for each in recording.resources if each.name != "f"} == {"f"}
    assert recording.outputs == {
        "groups": {"uaenorth": "rg-headgate-prod-uaenorth"},
        "vaults": {"uaenorth": "https://f-uaenorth-vault.vault"},
    }


def test_max_repeats_what_is_regional_and_nothing_else(record: Any, ownership: dict[str, str]) -> None:
    """Two regions, each with its own network, zones and private vault; one workspace, one budget."""
    kinds = list(record(build(ownership, regions=REGIONS)).children().values())

    assert {kind.rpartition(":")[2]: kinds.count(kind) for kind in kinds} == {
        "ResourceGroup": 2,
        "Workspace": 1,
        "Budget": 1,
        "VirtualNetwork": 2,
        "NetworkSecurityGroup": 4,
        # The second region's network finds the measurements too, which the first region's zone leads to.
        "PrivateZone": 27,
        "VirtualNetworkLink": 27,
        "Vault": 2,
        "PrivateEndpoint": 2,
        "PrivateDnsZoneGroup": 2,
        "DiagnosticSetting": 9,
        "ManagementLockByScope": 3,
        "UserAssignedIdentity": 4,
    }


def test_each_region_resolves_by_zones_of_its_own(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """A zone is in its region's group and linked to its region's network: no region needs another's names."""
    recording = record(build(ownership, regions=REGIONS))
    zones = {
        (each.inputs["resourceGroupName"], each.inputs["privateZoneName"])
        for each in recording.resources
        if each.type == "azure-native:privatedns:PrivateZone"
    }

    assert zones == {
        (f"rg-headgate-prod-{region['name']}", zone.replace("uaenorth", region["name"]))
        for region in REGIONS
        for zone in ZONES.values()
    } | {("rg-headgate-prod-uaecentral", ZONES["uaenorth-prometheus-monitor-azure-com"])}
    assert recording.one("azure-native:privatedns:VirtualNetworkLink", "f-uaecentral-azurecr-io-link").inputs == {
        "virtualNetworkLinkName": "headgate",
        "privateZoneName": "privatelink.azurecr.io",
        "resourceGroupName": "rg-headgate-prod-uaecentral",
        "location": "Global",
        "registrationEnabled": False,
        "virtualNetwork": {"id": f"{SUBSCRIPTION}/f-uaecentral-network"},
        "tags": tags,
    }


def test_a_vault_has_an_address_in_its_own_network(record: Any, ownership: dict[str, str]) -> None:
    """And the record of it in that network's zone."""
    recording = record(build(ownership))
    endpoint = recording.one("azure-native:network:PrivateEndpoint").inputs

    assert (endpoint["privateEndpointName"], endpoint["subnet"]["id"]) == (
        "pep-kv-hg-prod-uaenorth-vault-uaenorth",
        f"{SUBSCRIPTION}/f-uaenorth-network/subnets/endpoints",
    )
    assert recording.one("azure-native:network:PrivateDnsZoneGroup").inputs["privateDnsZoneConfigs"] == [
        {
            "name": "privatelink-vaultcore-azure-net",
            "privateDnsZoneId": f"{SUBSCRIPTION}/f-uaenorth-vaultcore-azure-net-zone",
        }
    ]


def test_private_endpoints_are_reached_by_tls_from_their_network_alone(record: Any, ownership: dict[str, str]) -> None:
    """Whatever else comes is refused, from the same network too."""
    recording = record(build(ownership))
    rules = recording.one("azure-native:network:NetworkSecurityGroup", "f-uaenorth-endpoints-rules").inputs

    assert rules["securityRules"] == [
        {
            "name": "https-and-amqps-from-this-network",
            "priority": 100,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "sourceAddressPrefix": "10.60.0.0/16",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRanges": ["443", "5671", "9093"],
        },
        {
            "name": "nothing-else",
            "priority": 4096,
            "direction": "Inbound",
            "access": "Deny",
            "protocol": "*",
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": "*",
        },
    ]


def test_hardened_vault_is_the_default(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """Roles, no public network, and nobody can purge it."""
    vault = record(build(ownership)).one("azure-native:keyvault:Vault")

    assert vault.inputs == {
        "vaultName": "kv-hg-prod-uaenorth",
        "resourceGroupName": "rg-headgate-prod-uaenorth",
        "location": "uaenorth",
        "properties": {
            "tenantId": "tenant",
            "sku": {"family": "A", "name": "premium"},
            "enableRbacAuthorization": True,
            "enableSoftDelete": True,
            "softDeleteRetentionInDays": 90,
            "enablePurgeProtection": True,
            "publicNetworkAccess": "disabled",
            "networkAcls": {"defaultAction": "Deny", "bypass": "AzureServices"},
        },
        "tags": tags,
    }


def test_purge_protection_that_is_off_is_left_out(record: Any, ownership: dict[str, str]) -> None:
    """Azure refuses `false`."""
    recording = record(build(ownership, vault_purge_protection=False, vault_soft_delete_days=7, protect=False))
    vault = recording.one("azure-native:keyvault:Vault")

    assert "enablePurgeProtection" not in vault.inputs["properties"]
    assert vault.inputs["properties"]["softDeleteRetentionInDays"] == 7
    assert not any(each.protect for each in recording.resources)


def test_the_network_is_cut_in_three(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """Half for nodes, a quarter each for the gateway's private link and private endpoints."""
    network = record(build(ownership)).one("azure-native:network:VirtualNetwork")

    assert network.inputs == {
        "virtualNetworkName": "vnet-prod-uaenorth",
        "resourceGroupName": "rg-headgate-prod-uaenorth",
        "location": "uaenorth",
        "addressSpace": {"addressPrefixes": ["10.60.0.0/16"]},
        "subnets": [
            {
                "name": "nodes",
                "addressPrefix": "10.60.0.0/17",
                "networkSecurityGroup": {"id": f"{SUBSCRIPTION}/f-uaenorth-nodes-rules"},
            },
            {
                "name": "gateway",
                "addressPrefix": "10.60.128.0/18",
                "networkSecurityGroup": {"id": f"{SUBSCRIPTION}/f-uaenorth-nodes-rules"},
                "privateLinkServiceNetworkPolicies": "Disabled",
                "defaultOutboundAccess": False,
            },
            {
                "name": "endpoints",
                "addressPrefix": "10.60.192.0/18",
                "networkSecurityGroup": {"id": f"{SUBSCRIPTION}/f-uaenorth-endpoints-rules"},
                "privateEndpointNetworkPolicies": "Enabled",
                "defaultOutboundAccess": False,
            },
        ],
        # Written by the SDK itself.
        "enableDdosProtection": False,
        "enableVmProtection": False,
        "tags": tags,
    }


def test_the_budget_tells_its_contacts_at_each_threshold(record: Any, ownership: dict[str, str]) -> None:
    """One notification for each percentage."""
    budget = record(build(ownership)).one("azure-native:consumption:Budget").inputs

    assert (budget["amount"], budget["timePeriod"]) == (60000, {"startDate": "2026-01-01T00:00:00Z"})
    assert budget["notifications"]["above-80-percent"] == {
        "enabled": True,
        "operator": "GreaterThanOrEqualTo",
        "threshold": 80,
        "thresholdType": "Actual",
        "contactEmails": ["a@b.c"],
    }
    assert set(budget["notifications"]) == {"above-80-percent", "above-100-percent"}


def test_a_budget_counts_from_the_month_in_which_it_is_made(record: Any, ownership: dict[str, str]) -> None:
    """Azure takes no new one that began before; one that stands keeps its own."""
    asked = {"monthly": 100, "contacts": ["a@b.c"], "thresholds": [80]}
    month = datetime.now(UTC).strftime("%Y-%m-01T00:00:00Z")

    budget = record(build(ownership, budget=asked)).one("azure-native:consumption:Budget")

    assert budget.inputs["timePeriod"] == {"startDate": month}
    assert budget.ignored == ["timePeriod"]


def test_the_budget_counts_every_region_and_the_nodes(record: Any, ownership: dict[str, str]) -> None:
    """Its scope is the subscription, cut to the environment's own groups: also those that Azure keeps the nodes in."""
    budget = record(build(ownership, regions=REGIONS)).one("azure-native:consumption:Budget").inputs

    assert budget["scope"] == SUBSCRIPTION
    assert budget["filter"] == {
        "dimensions": {
            "name": "ResourceGroupName",
            "operator": "In",
            "values": [
                "rg-headgate-prod-alerts",
                "rg-headgate-prod-uaecentral",
                "rg-headgate-prod-uaecentral-nodes",
                "rg-headgate-prod-uaenorth",
                "rg-headgate-prod-uaenorth-nodes",
            ],
        }
    }


def test_the_workspace_takes_identities_only(record: Any, ownership: dict[str, str]) -> None:
    """No shared key opens the audit log, and nobody reads or writes it from a public network."""
    workspace = record(build(ownership, log_retention_days=90)).one("azure-native:operationalinsights:Workspace")

    assert workspace.inputs["features"] == {
        "disableLocalAuth": True,
        "enableLogAccessUsingOnlyResourcePermissions": True,
    }
    assert workspace.inputs["retentionInDays"] == 90
    assert {workspace.inputs[f"publicNetworkAccessFor{way}"] for way in ("Ingestion", "Query")} == {"Disabled"}


def test_what_a_team_may_read_of_the_vaults_is_a_grant_on_each(record: Any, ownership: dict[str, str]) -> None:
    """A right given to the component is given on every region's vault, and on nothing else."""
    grant = {"name": "readers", "role": "Key Vault Secrets User", "principal_id": "group"}
    recording = record(build(ownership, regions=REGIONS, guarding={"grants": [grant], "lock": False}))

    assert {
        each.inputs["scope"] for each in recording.resources if each.type == "azure-native:authorization:RoleAssignment"
    } == {f"{SUBSCRIPTION}/f-uaenorth-vault", f"{SUBSCRIPTION}/f-uaecentral-vault"}
    assert "azure-native:authorization:ManagementLockByScope" not in recording.children().values()
