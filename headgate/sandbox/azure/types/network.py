"""Virtual networks, private endpoints, private DNS."""

from __future__ import annotations

import ipaddress
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import key, stable_uuid
from headgate.sandbox.azure.types.spec import Autoname, Body, LocationKind, NameRule, TypeSpec, View, in_group

_VNET = "Microsoft.Network/virtualNetworks/{virtualNetworkName}"
_ZONE = "Microsoft.Network/privateDnsZones/{privateZoneName}"
_ENDPOINT = "Microsoft.Network/privateEndpoints/{privateEndpointName}"
_TO_80 = NameRule(r"[a-zA-Z0-9]([-\w.]{0,78}\w)?", "1-80 letters, digits, '_', '.', '-', not ending in '.' or '-'")
_TO_64 = NameRule(r"[a-zA-Z0-9][-\w.]{0,62}\w", "2-64 letters, digits, '_', '.', '-', not ending in '.' or '-'")


def _networks(values: Any) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(value) for value in values or []]


def _prefixes(properties: dict[str, Any]) -> list[str]:
    single = properties.get("addressPrefix")
    return [single] if single else list(properties.get("addressPrefixes") or [])


def _subnet_fits(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a subnet outside its network, or over a neighbour."""
    network_id, _, name = body["id"].rpartition("/subnets/")
    network = view.get(network_id)
    try:
        mine = _networks(_prefixes(body["properties"]))
    except ValueError as error:
        return bad_request("InvalidCIDRNotation", f"The address prefix of subnet {name} is invalid: {error}.")
    space = _networks(network["properties"].get("addressSpace", {}).get("addressPrefixes")) if network else []
    for prefix in mine:
        if not any(prefix.version == outer.version and prefix.subnet_of(outer) for outer in space):  # type: ignore[arg-type]
            return bad_request("NetcfgInvalidSubnet", f"Subnet '{name}' is not valid in virtual network.")
    for other in view.children(network_id, "Microsoft.Network/virtualNetworks/subnets"):
        theirs = _networks(_prefixes(other["properties"])) if key(other["id"]) != key(body["id"]) else []
        if any(a.overlaps(b) for a in mine for b in theirs):
            return bad_request(
                "NetcfgSubnetRangesOverlap",
                f"Subnet '{name}' is not valid because its IP address range overlaps with that of an existing subnet "
                f"'{other['name']}' in the virtual network.",
            )
    return None


def _space_is_valid(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    try:
        _networks(body["properties"].get("addressSpace", {}).get("addressPrefixes"))
    except ValueError as error:
        return bad_request("InvalidAddressPrefixFormat", f"The address space is invalid: {error}.")
    return None


def _guid(body: Body, _view: View) -> dict[str, Any]:
    return {"resourceGuid": stable_uuid("guid", body["id"])}


def _subnet_exists(body: Body, _old: Body | None, view: View) -> ArmError | None:
    subnet = (body["properties"].get("subnet") or {}).get("id")
    if subnet is None or view.get(subnet) or _inline_subnet(subnet, view):
        return None
    return ArmError(
        404,
        "InvalidResourceReference",
        f"Resource {subnet} referenced by resource {body['id']} was not found. Please make sure that the referenced "
        "resource exists, and that both resources are in the same region.",
    )


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


TYPES = (
    TypeSpec(
        "network:VirtualNetwork",
        in_group(_VNET),
        _TO_64,
        replaces=("location",),
        seconds=5,
        outputs=_guid,
        rules=(_space_is_valid,),
        apart=("subnets",),
    ),
    TypeSpec(
        "network:Subnet",
        in_group(_VNET + "/subnets/{subnetName}"),
        _TO_80,
        Autoname.COPY,
        LocationKind.NONE,
        seconds=4,
        rules=(_subnet_fits,),
    ),
    TypeSpec(
        "network:NetworkSecurityGroup",
        in_group("Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}"),
        _TO_80,
        replaces=("location",),
        seconds=4,
        outputs=_guid,
    ),
    TypeSpec(
        "network:PublicIPAddress",
        in_group("Microsoft.Network/publicIPAddresses/{publicIpAddressName}"),
        _TO_80,
        replaces=("location", "publicIPAddressVersion", "publicIPPrefix", "sku"),
        seconds=4,
        outputs=_guid,
    ),
    TypeSpec(
        "network:PrivateEndpoint",
        in_group(_ENDPOINT),
        _TO_64,
        replaces=("location", "subnet"),
        seconds=40,
        outputs=_endpoint,
        rules=(_subnet_exists,),
    ),
    TypeSpec(
        "network:PrivateDnsZoneGroup",
        in_group(_ENDPOINT + "/privateDnsZoneGroups/{privateDnsZoneGroupName}"),
        _TO_80,
        Autoname.COPY,
        LocationKind.NONE,
        seconds=10,
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
    ),
    TypeSpec(
        "privatedns:VirtualNetworkLink",
        in_group(_ZONE + "/virtualNetworkLinks/{virtualNetworkLinkName}"),
        _TO_80,
        location=LocationKind.GLOBAL,
        replaces=("location", "virtualNetwork"),
        seconds=30,
        outputs=lambda _body, _view: {"virtualNetworkLinkState": "Completed"},
    ),
)
