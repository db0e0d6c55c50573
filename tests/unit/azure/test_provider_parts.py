"""What the provider decides without Azure: differences, drift, previews."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.azure.types import CATALOGUE
from headgate.sandbox.providers.azure_native.comparing import compare, must_delete_first
from headgate.sandbox.providers.azure_native.drift import drifted
from headgate.sandbox.providers.azure_native.previewing import created, updated
from headgate.sandbox.providers.protocol.diff import path_text
from headgate.sandbox.providers.protocol.values import UNKNOWN, Secret

pytestmark = pytest.mark.unit

POOL = {
    "resourceGroupName": "g",
    "resourceName": "aks",
    "agentPoolName": "gpu",
    "vmSize": "Standard_D4s_v5",
    "maxCount": 3,
}


def differences(token: str, old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, bool]]:
    """Return changed paths with whether they replace."""
    return [(path_text(item.path), item.replace) for item in compare(CATALOGUE[token], old, new)]


@pytest.mark.parametrize(
    ("token", "old", "new", "expected"),
    [
        ("containerservice:AgentPool", POOL, {**POOL, "maxCount": 9}, [("maxCount", False)]),
        ("containerservice:AgentPool", POOL, {**POOL, "vmSize": "Standard_D8s_v5"}, [("vmSize", True)]),
        ("containerservice:AgentPool", POOL, {**POOL, "agentPoolName": "cpu"}, [("agentPoolName", True)]),
        (
            "containerservice:ManagedCluster",
            {
                "networkProfile": {"podCidr": "10.0.0.0/8", "loadBalancerSku": "basic"},
                "agentPoolProfiles": [{"count": 1}],
            },
            {
                "networkProfile": {"podCidr": "11.0.0.0/8", "loadBalancerSku": "standard"},
                "agentPoolProfiles": [{"count": 2}],
            },
            [
                ("agentPoolProfiles[0].count", False),
                ("networkProfile.loadBalancerSku", False),
                ("networkProfile.podCidr", True),
            ],
        ),
        ("containerregistry:Registry", {"location": "UAE North"}, {"location": "uaenorth"}, []),
        ("keyvault:Key", {"properties": {"kty": "RSA"}}, {"properties": {"kty": "EC"}}, [("properties.kty", True)]),
    ],
)
def test_a_change_is_made_in_place_or_replaces_as_the_official_provider_decides(
    token: str, old: dict[str, Any], new: dict[str, Any], expected: list[tuple[str, bool]]
) -> None:
    """Ids and create-only properties replace; everything else is updated."""
    assert differences(token, old, new) == expected


def test_a_successor_of_the_same_name_waits_for_its_predecessor_to_go() -> None:
    """Azure can't hold two resources of one id."""
    spec = CATALOGUE["containerservice:AgentPool"]

    assert must_delete_first(spec, POOL, {**POOL, "vmSize": "x"})
    assert not must_delete_first(spec, POOL, {**POOL, "agentPoolName": "gpu2"})


def test_only_what_changed_behind_our_back_drifts() -> None:
    """Values that Azure writes in another way, or adds, are no drift; secrets stay secret."""
    inputs = {"sku": {"name": "Basic"}, "tags": {"a": "1", "b": "2"}, "kept": "x", "word": Secret("s")}
    seen = {"sku": {"name": "basic"}, "tags": {"a": "1", "b": "2"}, "kept": "x", "word": "s", "added": 1}
    live = {"sku": {"name": "basic"}, "tags": {"a": "9", "c": "3"}, "word": "t", "added": 2}

    assert drifted(inputs, seen, live) == {
        "sku": {"name": "Basic"},
        "tags": {"a": "9", "c": "3"},
        "word": Secret("t"),
    }


def test_items_that_are_resources_of_their_own_do_not_drift() -> None:
    """Pools that were added beside the cluster are not the cluster's business; its own are."""
    asked = {"agentPoolProfiles": [{"name": "boot", "count": 1}]}
    seen = {"agentPoolProfiles": [{"name": "boot", "count": 1}]}
    live = {"agentPoolProfiles": [{"name": "gpu", "count": 5}, {"name": "boot", "count": 2}]}

    assert drifted(asked, seen, live, ("agentPoolProfiles",)) == {"agentPoolProfiles": [{"name": "boot", "count": 2}]}


def test_a_preview_leaves_unknown_what_only_azure_knows() -> None:
    """The address of a vault, the issuer of a cluster, the principals of identities."""
    vault = created(CATALOGUE["keyvault:Vault"], {"vaultName": "v", "properties": {"tenantId": "t"}})
    cluster = created(
        CATALOGUE["containerservice:ManagedCluster"],
        {
            "oidcIssuerProfile": {"enabled": True},
            "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/i"]},
        },
    )

    assert vault["properties"]["vaultUri"] is UNKNOWN
    assert vault["properties"]["tenantId"] == "t"
    assert "vaultName" not in vault
    assert cluster["oidcIssuerProfile"] == {"enabled": True, "issuerURL": UNKNOWN}
    assert cluster["identity"] == {
        "type": "UserAssigned",
        "principalId": UNKNOWN,
        "tenantId": UNKNOWN,
        "userAssignedIdentities": {"/i": {"clientId": UNKNOWN, "principalId": UNKNOWN}},
    }


def test_an_identity_that_is_not_known_yet_leaves_the_whole_unknown() -> None:
    """A list with an unknown id can't be shown as a map."""
    inputs = {"identity": {"type": "UserAssigned", "userAssignedIdentities": [UNKNOWN]}}

    assert created(CATALOGUE["containerservice:ManagedCluster"], inputs) == {"identity": UNKNOWN}


def test_an_update_keeps_what_azure_made() -> None:
    """In the preview of an update, outputs of the state stay known."""
    state = {"name": "v", "properties": {"tenantId": "t", "vaultUri": "https://v"}}

    found = updated(CATALOGUE["keyvault:Vault"], {"properties": {"tenantId": "u"}}, state)

    assert found["name"] == "v"
    assert found["properties"]["vaultUri"] == "https://v"
    assert found["properties"]["tenantId"] == "u"
