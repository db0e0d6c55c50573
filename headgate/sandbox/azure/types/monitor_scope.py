"""The private link scope of Azure Monitor, and Grafana's own private ways: kept, checked, and simulated only.

Owns Azure's rules for them: what a scope can hold, once each, and that a way of Grafana's waits to be approved.
"""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request, unresolved
from headgate.sandbox.azure.ids import key
from headgate.sandbox.azure.types.private_link import leads_somewhere
from headgate.sandbox.azure.types.spec import Body, LocationKind, NameRule, TypeSpec, View, in_group

SCOPE = "Microsoft.Insights/privateLinkScopes"
_SCOPED = f"{SCOPE}/scopedResources"
_CAN_BE_SCOPED = (
    "Microsoft.OperationalInsights/workspaces",
    "Microsoft.Insights/components",
    "Microsoft.Insights/dataCollectionEndpoints",
)


def _can_be_scoped(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse what is not there, and what no scope can hold."""
    wanted = body["properties"].get("linkedResourceId", "")
    target = view.get(wanted)
    if target is None:
        return unresolved(wanted, body)
    if target["type"] in _CAN_BE_SCOPED:
        return None
    return bad_request(
        "BadRequest",
        f"A resource of type {target['type']} can't be linked to a private link scope; it takes "
        f"{', '.join(_CAN_BE_SCOPED)}.",
        "linkedResourceId",
    )


def _is_scoped_once(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a second link to one resource."""
    scope = body["id"].rpartition("/scopedResources/")[0]
    wanted = key(body["properties"].get("linkedResourceId", ""))
    others = [each for each in view.children(scope, _SCOPED) if key(each["id"]) != key(body["id"])]
    if all(key(each["properties"].get("linkedResourceId", "")) != wanted for each in others):
        return None
    message = "Scoped resource with same linked resource id already exists in this private link scope"
    return ArmError(409, "Conflict", message)


def _leads_somewhere(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a way of Grafana's to nothing."""
    wanted = body["properties"]
    return leads_somewhere(wanted.get("privateLinkResourceId", ""), wanted.get("groupIds") or [], body, view)


def _reached_by(body: Body, view: View) -> dict[str, Any]:
    """Name the endpoints that lead to a scope."""
    return {
        "privateEndpointConnections": [
            {"id": f"{body['id']}/privateEndpointConnections/{endpoint['name']}", "name": endpoint["name"]}
            for endpoint in view.of_type("Microsoft.Network/privateEndpoints")
            for connection in endpoint["properties"].get("privateLinkServiceConnections") or []
            if key(connection.get("privateLinkServiceId", "")) == key(body["id"])
        ]
    }


def _waits(_body: Body, _view: View) -> dict[str, Any]:
    """Leave the approval to the owner of what is reached, whoever asked, as Azure does."""
    return {"connectionState": {"status": "Pending", "description": "Waiting for the owner of the resource."}}


TYPES = (
    TypeSpec(
        "monitor:PrivateLinkScope",
        in_group(f"{SCOPE}/{{scopeName}}"),
        NameRule(r"[-\w.()]{0,254}[-\w()]", "1-255 letters, digits, '-', '_', '.', '(', ')', not ending in '.'"),
        location=LocationKind.GLOBAL,
        replaces=("location",),
        seconds=10,
        outputs=_reached_by,
    ),
    TypeSpec(
        "monitor:PrivateLinkScopedResource",
        in_group(f"{SCOPE}/{{scopeName}}/scopedResources/{{name}}"),
        location=LocationKind.NONE,
        replaces=("linkedResourceId",),
        seconds=20,
        rules=(_can_be_scoped, _is_scoped_once),
    ),
    TypeSpec(
        "dashboard:ManagedPrivateEndpoint",
        in_group("Microsoft.Dashboard/grafana/{workspaceName}/managedPrivateEndpoints/{managedPrivateEndpointName}"),
        NameRule(r"[a-zA-Z][-a-zA-Z0-9]{0,18}[a-zA-Z0-9]", "2-20 letters, digits and '-', starting with a letter"),
        replaces=("location", "privateLinkResourceId", "privateLinkResourceRegion", "groupIds"),
        seconds=60,
        outputs=_waits,
        rules=(_leads_somewhere,),
    ),
)
