"""What the identity that deploys must be allowed, read off what the committed stacks deploy: no more than that."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
ROLE = "docs/reference/deploy-role.json"
PAGE = "docs/reference/deploy-identity.md"
_GRANT = "azure-native:authorization:RoleAssignment"
# Rights that a write needs on what it refers to: Azure asks for them when the reference is made.
_LINKED = {
    "Microsoft.ContainerRegistry/registries": ["privateEndpointConnectionsApproval/action"],
    "Microsoft.ContainerService/managedClusters": ["listClusterUserCredential/action"],
    "Microsoft.Dashboard/grafana": ["PrivateEndpointConnectionsApproval/action"],
    "Microsoft.EventHub/namespaces": ["authorizationRules/listKeys/action"],
    "Microsoft.Insights/actionGroups": ["join/action"],
    "Microsoft.Insights/privateLinkScopes": ["PrivateEndpointConnectionsApproval/action"],
    "Microsoft.Kubernetes/connectedClusters": ["listClusterUserCredential/action"],
    "Microsoft.KeyVault/vaults": ["privateEndpointConnectionsApproval/action"],
    "Microsoft.ManagedIdentity/userAssignedIdentities": ["assign/action"],
    "Microsoft.Monitor/accounts": ["privateEndpointConnectionsApproval/action"],
    "Microsoft.Network/frontDoorWebApplicationFirewallPolicies": ["join/action"],
    "Microsoft.Network/networkSecurityGroups": ["join/action"],
    "Microsoft.Network/privateDnsZones": ["join/action"],
    "Microsoft.Network/routeTables": ["join/action"],
    "Microsoft.Network/virtualNetworks": ["join/action", "subnets/join/action", "subnets/read"],
    "Microsoft.OperationalInsights/workspaces": ["sharedKeys/action"],
    "Microsoft.Storage/storageAccounts": ["privateEndpointConnectionsApproval/action"],
}
_GROUPS = "Microsoft.Resources/resourceGroups"
_AUTHORIZATION = "Microsoft.Authorization/"


def texts() -> dict[str, str]:
    """Return path → text of the role and its page."""
    from lint.arm import template
    from lint.stacks import rendered

    registrations = [each for found in rendered().values() for each in found]
    types = {each["type"] for each in template(registrations)["resources"]}
    delegated = {
        str(each.inputs["roleDefinitionId"]).rpartition("/")[2] for each in registrations if each.type == _GRANT
    }
    page = (CHECKOUT / "docs/catalogue/identity.md").read_text()
    values = {
        "{providers}": "\n".join(f"az provider register --namespace {name}" for name in _namespaces(types)),
        "{types}": "\n".join(f"- `{name}`" for name in sorted(types)),
        "{roles}": ", ".join(sorted(delegated)),
    }
    for mark, value in values.items():
        page = page.replace(mark, value)
    return {ROLE: json.dumps(_role(types), indent=2) + "\n", PAGE: page}


def _namespaces(types: Iterable[str]) -> list[str]:
    """Return the resource providers that a subscription must have registered."""
    always = {"Microsoft.Authorization", "Microsoft.Resources", "Microsoft.Consumption"}
    return sorted({name.partition("/")[0] for name in types} - always)


def _role(types: Iterable[str]) -> dict[str, Any]:
    """Return the role definition: read, write and delete of each type, and what its references ask for."""
    actions = {"Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.Resources/deployments/read"}
    for name in types:
        if name.startswith(f"{_AUTHORIZATION}roleAssignments"):
            continue  # granted apart, with a condition
        stem = "Microsoft.Resources/subscriptions/resourceGroups" if name == _GROUPS else name
        actions |= {f"{stem}/{verb}" for verb in ("read", "write", "delete")}
        actions |= {f"{stem}/{each}" for each in _LINKED.get(name, ())}
    return {
        "Name": "Headgate deploy",
        "IsCustom": True,
        "Description": "What a deployment of Headgate's stacks makes, and nothing else.",
        "Actions": sorted(actions),
        "NotActions": [],
        "DataActions": [],
        "NotDataActions": [],
        "AssignableScopes": ["/subscriptions/<subscription>"],
    }
