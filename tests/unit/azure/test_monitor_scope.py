"""The private link scope of Azure Monitor, and Grafana's own way to a workspace: what Azure refuses of them."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.azure.errors import ArmError
from tests.unit.azure.conftest import PROVIDERS, Azure

pytestmark = pytest.mark.unit

SCOPE = f"{PROVIDERS}/Microsoft.Insights/privateLinkScopes/ampls-test"
LOGS = f"{PROVIDERS}/Microsoft.OperationalInsights/workspaces/log-test"
METRICS = f"{PROVIDERS}/Microsoft.Monitor/accounts/amw-test"
GRAFANA = f"{PROVIDERS}/Microsoft.Dashboard/grafana/graf-test"
ENDPOINT = f"{PROVIDERS}/Microsoft.Network/privateEndpoints/pep"
NETWORK = f"{PROVIDERS}/Microsoft.Network/virtualNetworks/net"
PRIVATE = {"ingestionAccessMode": "PrivateOnly", "queryAccessMode": "PrivateOnly"}


@pytest.fixture
def scoped(azure: Azure) -> Azure:
    """Return an Azure with a scope, a log workspace and a workspace of measurements."""
    azure.put(SCOPE, {"location": "global", "properties": {"accessModeSettings": PRIVATE}})
    for workspace in (LOGS, METRICS):
        azure.put(workspace, {"location": "uaenorth", "properties": {}})
    return azure


def link(target: str) -> dict[str, Any]:
    """Return what links a resource to a scope."""
    return {"properties": {"linkedResourceId": target, "kind": "Resource"}}


def refused(azure: Azure, arm_id: str, body: dict[str, Any]) -> ArmError:
    """Return why a write is refused."""
    with pytest.raises(ArmError) as caught:
        azure.put(arm_id, body)
    return caught.value


def test_a_scope_holds_what_is_there_once(scoped: Azure) -> None:
    """The same link can be written again; a second one to the same resource is a conflict."""
    first = f"{SCOPE}/scopedResources/logs"
    scoped.put(first, link(LOGS))
    scoped.put(first, link(LOGS))
    twice = refused(scoped, f"{SCOPE}/scopedResources/again", link(LOGS.upper()))
    gone = refused(scoped, f"{SCOPE}/scopedResources/gone", link(f"{LOGS}-gone"))

    assert (twice.status, twice.code) == (409, "Conflict")
    assert twice.message == "Scoped resource with same linked resource id already exists in this private link scope"
    assert f"{LOGS}-gone" in gone.message


def test_a_scope_takes_no_workspace_of_measurements(scoped: Azure) -> None:
    """That has private endpoints of its own; what collects for it can be linked."""
    error = refused(scoped, f"{SCOPE}/scopedResources/metrics", link(METRICS))

    assert error.message.startswith("A resource of type Microsoft.Monitor/accounts can't be linked")


def test_a_scope_says_which_endpoints_lead_to_it(scoped: Azure) -> None:
    """They reach it as `azuremonitor`, and as nothing else."""
    scoped.put(
        NETWORK,
        {
            "location": "uaenorth",
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                "subnets": [{"name": "endpoints", "addressPrefix": "10.0.0.0/24"}],
            },
        },
    )

    def leading(group: str) -> dict[str, Any]:
        connection = {"name": "pep", "privateLinkServiceId": SCOPE, "groupIds": [group]}
        properties = {
            "subnet": {"id": f"{NETWORK}/subnets/endpoints"},
            "privateLinkServiceConnections": [connection],
        }
        return {"location": "uaenorth", "properties": properties}

    scoped.put(ENDPOINT, leading("azuremonitor"))
    scoped.put(SCOPE, {"location": "global", "properties": {"accessModeSettings": PRIVATE}})

    assert scoped.get(SCOPE)["properties"]["privateEndpointConnections"] == [
        {"id": f"{SCOPE}/privateEndpointConnections/pep", "name": "pep"}
    ]
    assert "it has azuremonitor" in refused(scoped, ENDPOINT, leading("workspace")).message


def test_grafanas_way_to_a_workspace_waits_for_its_owner(scoped: Azure) -> None:
    """Whoever asked; and a workspace is reached by the name of its measurements alone."""
    scoped.put(
        GRAFANA,
        {"location": "uaenorth", "sku": {"name": "Standard"}, "identity": {"type": "SystemAssigned"}, "properties": {}},
    )
    way = f"{GRAFANA}/managedPrivateEndpoints/measurements"

    def asking(group: str) -> dict[str, Any]:
        properties = {"privateLinkResourceId": METRICS, "groupIds": [group], "privateLinkResourceRegion": "uaenorth"}
        return {"location": "uaenorth", "properties": properties}

    scoped.put(way, asking("prometheusMetrics"))

    assert scoped.get(way)["properties"]["connectionState"]["status"] == "Pending"
    assert "it has prometheusMetrics" in refused(scoped, f"{way}-2", asking("vault")).message
