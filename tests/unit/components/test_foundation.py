"""PlatformFoundation: what everything else stands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import PlatformFoundation

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


def test_defaults_make_one_region(record: Any, ownership: dict[str, str]) -> None:
    """One resource group, network, vault and two identities, and once a workspace and a budget."""
    recording = record(build(ownership))

    assert recording.children() == {
        "f-uaenorth-group": "azure-native:resources:ResourceGroup",
        "f-logs": "azure-native:operationalinsights:Workspace",
        "f-budget": "azure-native:consumption:Budget",
        "f-uaenorth-network": "azure-native:network:VirtualNetwork",
        "f-uaenorth-vault": "azure-native:keyvault:Vault",
        "f-uaenorth-vault-diagnostics": "azure-native:monitor:DiagnosticSetting",
        "f-uaenorth-cluster-identity": "azure-native:managedidentity:UserAssignedIdentity",
        "f-uaenorth-nodes-identity": "azure-native:managedidentity:UserAssignedIdentity",
    }
    assert {each.name for each in recording.resources if each.protect} == {
        "f-uaenorth-group",
        "f-logs",
        "f-uaenorth-network",
        "f-uaenorth-vault",
    }
    assert recording.outputs == {
        "groups": {"uaenorth": "rg-headgate-prod-uaenorth"},
        "vaults": {"uaenorth": "https://f-uaenorth-vault.vault"},
    }


def test_max_repeats_what_is_regional_and_nothing_else(record: Any, ownership: dict[str, str]) -> None:
    """Two regions, one workspace, one budget."""
    kinds = list(record(build(ownership, regions=REGIONS)).children().values())

    assert {kind.rpartition(":")[2]: kinds.count(kind) for kind in kinds} == {
        "ResourceGroup": 2,
        "Workspace": 1,
        "Budget": 1,
        "VirtualNetwork": 2,
        "Vault": 2,
        "DiagnosticSetting": 2,
        "UserAssignedIdentity": 4,
    }


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
            {"name": "nodes", "addressPrefix": "10.60.0.0/17"},
            {
                "name": "gateway",
                "addressPrefix": "10.60.128.0/18",
                "privateLinkServiceNetworkPolicies": "Disabled",
            },
            {"name": "endpoints", "addressPrefix": "10.60.192.0/18"},
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


def test_the_workspace_takes_identities_only(record: Any, ownership: dict[str, str]) -> None:
    """No shared key opens the audit log."""
    workspace = record(build(ownership, log_retention_days=90)).one("azure-native:operationalinsights:Workspace")

    assert workspace.inputs["features"] == {
        "disableLocalAuth": True,
        "enableLogAccessUsingOnlyResourcePermissions": True,
    }
    assert workspace.inputs["retentionInDays"] == 90
