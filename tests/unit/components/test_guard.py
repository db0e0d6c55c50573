"""The options that all Azure components share: logs, private access, rights, lock, protection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi_azure_native import keyvault

from components.azure import grants
from components.azure.guard import Guard
from components.azure.private_access import Service, all_zone_names

pytestmark = pytest.mark.unit

NORTH = {
    "region": "uaenorth",
    "resource_group": "rg-north",
    "subnet_id": "/north/endpoints",
    "zones": {"privatelink.vaultcore.azure.net": "/zone/north"},
}
CENTRAL = {
    "region": "uaecentral",
    "resource_group": "rg-central",
    "subnet_id": "/central/endpoints",
    "zones": {"privatelink.vaultcore.azure.net": "/zone/central"},
}
VAULT_ID = "/subscriptions/00000000-0000-4000-8000-000000000000/k-vault"


def build(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one component with one vault that holds data."""

    def program() -> dict[str, Any]:
        args: Any = {"ownership": ownership, **more}
        component = pulumi.ComponentResource("headgate:index:Kept", "k", dict(args))
        guard = Guard(component, "k", args)
        vault = keyvault.Vault(
            "k-vault",
            vault_name="kv-test",
            resource_group_name="rg",
            properties={"tenant_id": "t", "sku": {"family": "A", "name": "premium"}},
            tags=guard.tags,
            opts=guard.options(protect=True),
        )
        guard.attend(
            "vault",
            vault,
            workspace_id="/logs",
            reached_as=(Service.VAULT, "kv-test"),
            granted=True,
            locked=True,
        )
        return {}

    return program


def test_defaults_log_and_lock(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """Everything is logged and what holds data is locked and protected, without being asked."""
    recording = record(build(ownership))

    assert recording.children() == {
        "k-vault": "azure-native:keyvault:Vault",
        "k-vault-diagnostics": "azure-native:monitor:DiagnosticSetting",
        "k-vault-lock": "azure-native:authorization:ManagementLockByScope",
    }
    assert recording.one("azure-native:authorization:ManagementLockByScope").inputs == {
        "lockName": "headgate-keep",
        "scope": VAULT_ID,
        "level": "CanNotDelete",
        "notes": "Made by Headgate: take it away in the stack's settings (lock: false), in an update of its own.",
    }
    assert recording.one("azure-native:monitor:DiagnosticSetting").inputs == {
        "name": "headgate-audit",
        "resourceUri": VAULT_ID,
        "workspaceId": "/logs",
        "logs": [{"categoryGroup": "allLogs", "enabled": True}],
        "metrics": [{"category": "AllMetrics", "enabled": True}],
    }
    vault = recording.one("azure-native:keyvault:Vault")
    assert (vault.protect, vault.inputs["tags"]) == (True, tags)
    assert {each.parent for each in recording.resources if each.name != "k"} == {"k"}


def test_max_reaches_from_each_network_by_its_own_zone(
    record: Any, ownership: dict[str, str], tags: dict[str, str]
) -> None:
    """One endpoint for each network, in its region, with its record in that network's zone."""
    recording = record(build(ownership, guarding={"private_access": [NORTH, CENTRAL]}))

    assert recording.one("azure-native:network:PrivateEndpoint", "k-vault-uaecentral-vault-endpoint").inputs == {
        "privateEndpointName": "pep-kv-test-vault-uaecentral",
        "resourceGroupName": "rg-central",
        "location": "uaecentral",
        "subnet": {"id": "/central/endpoints"},
        "customNetworkInterfaceName": "pep-kv-test-vault-uaecentral-nic",
        "privateLinkServiceConnections": [
            {"name": "pep-kv-test-vault-uaecentral", "privateLinkServiceId": VAULT_ID, "groupIds": ["vault"]}
        ],
        "tags": tags,
    }
    assert {
        each.inputs["privateEndpointName"]: each.inputs["privateDnsZoneConfigs"]
        for each in recording.resources
        if each.type == "azure-native:network:PrivateDnsZoneGroup"
    } == {
        f"pep-kv-test-vault-{region}": [{"name": "privatelink-vaultcore-azure-net", "privateDnsZoneId": zone}]
        for region, zone in (("uaenorth", "/zone/north"), ("uaecentral", "/zone/central"))
    }


def test_hardened_grants_are_on_the_resource_itself(record: Any, ownership: dict[str, str]) -> None:
    """A right is one role, by name or id, for one principal, on one resource."""
    own = "0f0e0d0c-0000-4000-8000-000000000001"
    wanted = [
        {"name": "team", "role": "Key Vault Secrets User", "principal_id": "group"},
        {"name": "job", "role": own, "principal_id": "job", "principal_type": "ServicePrincipal"},
    ]
    recording = record(build(ownership, guarding={"grants": wanted}))

    assert {
        (
            each.inputs["principalId"],
            each.inputs["principalType"],
            each.inputs["scope"],
            each.inputs["roleDefinitionId"],
        )
        for each in recording.resources
        if each.type == "azure-native:authorization:RoleAssignment"
    } == {
        (
            principal,
            kind,
            VAULT_ID,
            f"/subscriptions/00000000-0000-4000-8000-000000000000/providers/Microsoft.Authorization/roleDefinitions/{role}",
        )
        for principal, kind, role in (
            ("group", "Group", grants.ROLES["Key Vault Secrets User"]),
            ("job", "ServicePrincipal", own),
        )
    }


def test_lock_and_protection_can_be_taken_away(record: Any, ownership: dict[str, str]) -> None:
    """Where a platform must be easy to rebuild."""
    recording = record(build(ownership, protect=False, guarding={"lock": False}))

    assert list(recording.children()) == ["k-vault", "k-vault-diagnostics"]
    assert not any(each.protect for each in recording.resources)


def test_a_role_that_nobody_knows_is_refused() -> None:
    """With those that are known."""
    with pytest.raises(ValueError, match="no role 'Boss': name one of AcrPull, AcrPush"):
        grants.role_id("Boss")


def test_each_service_has_zones_in_each_region() -> None:
    """Zones are named once; metrics have one for each region."""
    assert all_zone_names("uaenorth") == [
        "privatelink.agentsvc.azure-automation.net",
        "privatelink.api.azureml.ms",
        "privatelink.azurecr.io",
        "privatelink.blob.core.windows.net",
        "privatelink.file.core.windows.net",
        "privatelink.grafana.azure.com",
        "privatelink.monitor.azure.com",
        "privatelink.notebooks.azure.net",
        "privatelink.ods.opinsights.azure.com",
        "privatelink.oms.opinsights.azure.com",
        "privatelink.servicebus.windows.net",
        "privatelink.uaenorth.prometheus.monitor.azure.com",
        "privatelink.vaultcore.azure.net",
    ]
