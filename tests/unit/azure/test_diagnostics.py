"""Diagnostic settings: where logs may go, and what has any."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.ids import SUBSCRIPTION_ID
from tests.unit.azure.conftest import PROVIDERS, Azure

pytestmark = pytest.mark.unit

VAULT = f"{PROVIDERS}/Microsoft.KeyVault/vaults/kv-hg-test"
WORKSPACE = f"{PROVIDERS}/Microsoft.OperationalInsights/workspaces/log-test"
STORE = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/hgaudittest"
GROUP_RULES = f"{PROVIDERS}/Microsoft.Network/networkSecurityGroups/nsg"
IDENTITY = f"{PROVIDERS}/Microsoft.ManagedIdentity/userAssignedIdentities/id-test"
SETTING = "/providers/Microsoft.Insights/diagnosticSettings"
LOGS = [{"categoryGroup": "allLogs", "enabled": True}]
METRICS = [{"category": "AllMetrics", "enabled": True}]


@pytest.fixture
def estate(azure: Azure) -> Azure:
    """Return an Azure with a vault, a workspace, a store elsewhere, a security group and an identity."""
    sku = {"family": "A", "name": "standard"}
    azure.put(VAULT, {"location": "uaenorth", "properties": {"tenantId": "0" * 8, "sku": sku}})
    azure.put(WORKSPACE, {"location": "uaecentral", "properties": {}})
    azure.put(STORE, {"location": "uaecentral", "kind": "StorageV2", "sku": {"name": "Standard_GRS"}})
    azure.put(GROUP_RULES, {"location": "uaenorth", "properties": {}})
    azure.put(IDENTITY, {"location": "uaenorth", "properties": {}})
    return azure


def refused(azure: Azure, watched: str, name: str = "d", **properties: Any) -> ArmError:
    """Return why a setting is refused."""
    with pytest.raises(ArmError) as caught:
        azure.put(f"{watched}{SETTING}/{name}", {"properties": properties})
    return caught.value


def test_logs_go_to_a_workspace_anywhere(estate: Azure) -> None:
    """A workspace takes logs from every region."""
    made = estate.put(f"{VAULT}{SETTING}/d", {"properties": {"workspaceId": WORKSPACE, "logs": LOGS}})

    assert made["properties"]["workspaceId"] == WORKSPACE


def test_a_store_takes_the_logs_of_its_own_region_alone(estate: Azure) -> None:
    """As Azure has it for stores and event hubs; what is of no region may log to any."""
    error = refused(estate, VAULT, storageAccountId=STORE, logs=LOGS)
    activity = f"/subscriptions/{SUBSCRIPTION_ID}{SETTING}/activity"
    estate.put(activity, {"properties": {"storageAccountId": STORE, "logs": [{"category": "Policy", "enabled": True}]}})

    assert (error.code, error.target) == ("BadRequest", "storageAccountId")
    assert "is in 'uaenorth'" in error.message
    assert estate.get(activity)["properties"]["storageAccountId"] == STORE


def test_two_settings_of_a_resource_share_no_sink(estate: Azure) -> None:
    """The second is refused, with the first one's name; an update of the first is none."""
    body = {"properties": {"workspaceId": WORKSPACE, "logs": LOGS}}
    estate.put(f"{VAULT}{SETTING}/first", body)
    estate.put(f"{VAULT}{SETTING}/first", body)

    error = refused(estate, VAULT, "second", workspaceId=WORKSPACE.upper(), logs=LOGS)

    assert (error.status, error.code) == (409, "Conflict")
    assert "is already used in diagnostic setting 'first'" in error.message


@pytest.mark.parametrize(
    ("watched", "asked", "code"),
    [
        (GROUP_RULES, {"metrics": METRICS}, "BadRequest"),
        (STORE, {"logs": LOGS}, "BadRequest"),
        (IDENTITY, {"logs": LOGS}, "ResourceTypeNotSupported"),
        (VAULT, {}, "BadRequest"),
    ],
)
def test_what_a_type_does_not_have_can_not_be_asked_of_it(
    estate: Azure, watched: str, asked: dict[str, Any], code: str
) -> None:
    """Security groups have no metrics, accounts no logs, identities neither; nothing at all is no setting."""
    assert refused(estate, watched, workspaceId=WORKSPACE, **asked).code == code


def test_a_setting_goes_somewhere_that_exists(estate: Azure) -> None:
    """Without a sink, or with one that is not there, it is refused."""
    nowhere = refused(estate, VAULT, logs=LOGS)
    gone = refused(estate, VAULT, eventHubAuthorizationRuleId=f"{PROVIDERS}/Microsoft.EventHub/x/y", logs=LOGS)

    assert nowhere.message == "At least one data sink needs to be specified."
    assert (gone.code, gone.target) == ("ResourceNotFound", "eventHubAuthorizationRuleId")


def test_a_resource_has_five_settings_at_most(estate: Azure) -> None:
    """The sixth is refused."""
    for index in range(5):
        workspace = f"{WORKSPACE}{index}"
        estate.put(workspace, {"location": "uaenorth", "properties": {}})
        estate.put(f"{VAULT}{SETTING}/d{index}", {"properties": {"workspaceId": workspace, "logs": LOGS}})

    assert "5 diagnostic settings at most" in refused(estate, VAULT, workspaceId=WORKSPACE, logs=LOGS).message
