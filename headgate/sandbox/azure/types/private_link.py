"""Private endpoints and private DNS: kept, checked, and simulated only.

Owns Azure's rules for them: what an endpoint can lead to, and by which zones a network resolves.
"""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request, unresolved
from headgate.sandbox.azure.ids import key, stable_uuid
from headgate.sandbox.azure.types.network import TO_64, TO_80
from headgate.sandbox.azure.types.spec import Autoname, Body, LocationKind, NameRule, TypeSpec, View, in_group

_ZONE = "Microsoft.Network/privateDnsZones/{privateZoneName}"
_ENDPOINT = "Microsoft.Network/privateEndpoints/{privateEndpointName}"
# Sub-resources (group ids) that a private endpoint can lead to, by the type of its target.
_GROUP_IDS = {
    "Microsoft.KeyVault/vaults": ("vault",),
    "Microsoft.ContainerRegistry/registries": ("registry",),
    "Microsoft.Storage/storageAccounts": ("blob", "file", "queue", "table", "dfs", "web"),
    "Microsoft.EventHub/namespaces": ("namespace",),
    "Microsoft.MachineLearningServices/registries": ("amlregistry",),
    "Microsoft.MachineLearningServices/workspaces": ("amlworkspace",),
    "Microsoft.Dashboard/grafana": ("grafana",),
    "Microsoft.Monitor/accounts": ("prometheusMetrics",),
    "Microsoft.Insights/privateLinkScopes": ("azuremonitor",),
}


def _targets_exist(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a connection to nothing, and to a sub-resource that its target does not have."""
    for connection in body["properties"].get("privateLinkServiceConnections") or []:
        wanted = connection.get("privateLinkServiceId", "")
        error = leads_somewhere(wanted, connection.get("groupIds") or [], body, view)
        if error is not None:
            return error
    return None


def leads_somewhere(wanted: str, groups: list[str], body: Body, view: View) -> ArmError | None:
    """Refuse a way to nothing, or to a sub-resource that its target does not have."""
    target = view.get(wanted)
    if target is None:
        return unresolved(wanted, body)
    known = _GROUP_IDS.get(target["type"])
    strange = set(groups) - set(known or ())
    if known is not None and strange:
        return bad_request(
            "PrivateLinkServiceGroupIdNotSupported",
            f"{target['type']} has no sub-resource {sorted(strange)[0]!r}; it has {', '.join(known)}.",
            "groupIds",
        )
    return None


def _zones_exist(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse records in a zone that does not exist."""
    for configured in body["properties"].get("privateDnsZoneConfigs") or []:
        wanted = _zone_of(configured)
        if wanted and view.get(wanted) is None:
            return unresolved(wanted, body)
    return None


def _zone_of(configured: dict[str, Any]) -> str:
    """Return the zone of a configuration, as the SDK states it or as Azure keeps it."""
    inner = configured.get("properties") or {}
    return str(configured.get("privateDnsZoneId") or inner.get("privateDnsZoneId") or "")


def _one_zone_of_a_name(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse to link a network to a second zone of one name: it would not know which to ask."""
    network = (body["properties"].get("virtualNetwork") or {}).get("id", "")
    zone = body["id"].split("/virtualNetworkLinks/")[0]
    for other in view.of_type("Microsoft.Network/privateDnsZones/virtualNetworkLinks"):
        theirs = other["id"].split("/virtualNetworkLinks/")[0]
        same = key((other["properties"].get("virtualNetwork") or {}).get("id", "")) == key(network)
        if same and key(theirs) != key(zone) and theirs.rsplit("/", 1)[1].lower() == zone.rsplit("/", 1)[1].lower():
            return bad_request(
                "BadRequest",
                f"A virtual network cannot be linked to multiple zones with overlapping namespaces. The network "
                f"'{network}' is linked to '{theirs}'.",
            )
    return None


def _still_linked(body: Body, view: View) -> ArmError | None:
    """Keep a zone that a network resolves by."""
    links = view.children(body["id"], "Microsoft.Network/privateDnsZones/virtualNetworkLinks")
    if not links:
        return None
    return ArmError(
        409,
        "CannotDeleteResource",
        f"Can not delete resource before nested resources are deleted: '{links[0]['name']}' of '{body['name']}'.",
    )


def _zone(body: Body, view: View) -> dict[str, Any]:
    links = view.children(body["id"], "Microsoft.Network/privateDnsZones/virtualNetworkLinks")
    return {
        "maxNumberOfRecordSets": 25000,
        "numberOfRecordSets": 1,
        "maxNumberOfVirtualNetworkLinks": 1000,
        "numberOfVirtualNetworkLinks": len(links),
        "maxNumberOfVirtualNetworkLinksWithRegistration": 100,
        "numberOfVirtualNetworkLinksWithRegistration": 0,
        "internalId": stable_uuid("zone", body["id"]),
    }


def _subnet_exists(body: Body, _old: Body | None, view: View) -> ArmError | None:
    subnet = (body["properties"].get("subnet") or {}).get("id")
    if subnet is None or view.get(subnet) or _inline_subnet(subnet, view):
        return None
    return unresolved(subnet, body)


def _inline_subnet(arm_id: str, view: View) -> bool:
    """Say whether a network states a subnet inside itself."""
    network_id, _, name = arm_id.rpartition("/subnets/")
    network = view.get(network_id)
    stated = network["properties"].get("subnets") or [] if network else []
    return any(row.get("name", "").lower() == name.lower() for row in stated)


def _endpoint(body: Body, _view: View) -> dict[str, Any]:
    connections = body["properties"].get("privateLinkServiceConnections") or []
    approved = {"status": "Approved", "description": "Auto-Approved", "actionsRequired": "None"}
    return {
        "networkInterfaces": [{"id": f"{body['id']}-nic"}],
        "privateLinkServiceConnections": [
            {**item, "provisioningState": "Succeeded", "privateLinkServiceConnectionState": approved}
            for item in connections
        ],
    }


TYPES = (
    TypeSpec(
        "network:PrivateEndpoint",
        in_group(_ENDPOINT),
        TO_64,
        replaces=("location", "subnet"),
        seconds=40,
        outputs=_endpoint,
        rules=(_subnet_exists, _targets_exist),
    ),
    TypeSpec(
        "network:PrivateDnsZoneGroup",
        in_group(_ENDPOINT + "/privateDnsZoneGroups/{privateDnsZoneGroupName}"),
        TO_80,
        Autoname.COPY,
        LocationKind.NONE,
        seconds=10,
        rules=(_zones_exist,),
    ),
    TypeSpec(
        "privatedns:PrivateZone",
        in_group(_ZONE),
        NameRule(
            r"(?=.{3,253}$)[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+",
            "2-34 lower-case labels separated by dots",
        ),
        location=LocationKind.GLOBAL,
        replaces=("location",),
        seconds=30,
        outputs=_zone,
        deletion_rules=(_still_linked,),
    ),
    TypeSpec(
        "privatedns:VirtualNetworkLink",
        in_group(_ZONE + "/virtualNetworkLinks/{virtualNetworkLinkName}"),
        TO_80,
        location=LocationKind.GLOBAL,
        replaces=("location", "virtualNetwork"),
        seconds=30,
        rules=(_one_zone_of_a_name,),
        outputs=lambda _body, _view: {"virtualNetworkLinkState": "Completed"},
    ),
)
