"""Virtual networks, security groups, addresses."""

from __future__ import annotations

import ipaddress
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request, unresolved
from headgate.sandbox.azure.ids import key, stable_uuid
from headgate.sandbox.azure.types.spec import Autoname, Body, LocationKind, NameRule, TypeSpec, View, in_group

_VNET = "Microsoft.Network/virtualNetworks/{virtualNetworkName}"
TO_80 = NameRule(r"[a-zA-Z0-9]([-\w.]{0,78}\w)?", "1-80 letters, digits, '_', '.', '-', not ending in '.' or '-'")
TO_64 = NameRule(r"[a-zA-Z0-9][-\w.]{0,62}\w", "2-64 letters, digits, '_', '.', '-', not ending in '.' or '-'")


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


def _groups_exist(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a subnet behind a security group that does not exist, or that is elsewhere."""
    for subnet in body["properties"].get("subnets") or []:
        wanted = (subnet.get("networkSecurityGroup") or {}).get("id")
        group = view.get(wanted) if wanted else None
        if wanted and (group is None or group["location"] != body["location"]):
            return unresolved(wanted, body)
    return None


def _guid(body: Body, _view: View) -> dict[str, Any]:
    return {"resourceGuid": stable_uuid("guid", body["id"])}


TYPES = (
    TypeSpec(
        "network:VirtualNetwork",
        in_group(_VNET),
        TO_64,
        replaces=("location",),
        seconds=5,
        outputs=_guid,
        rules=(_space_is_valid, _groups_exist),
        apart=("subnets",),
    ),
    TypeSpec(
        "network:Subnet",
        in_group(_VNET + "/subnets/{subnetName}"),
        TO_80,
        Autoname.COPY,
        LocationKind.NONE,
        seconds=4,
        rules=(_subnet_fits,),
    ),
    TypeSpec(
        "network:NetworkSecurityGroup",
        in_group("Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}"),
        TO_80,
        replaces=("location",),
        seconds=4,
        outputs=_guid,
    ),
    TypeSpec(
        "network:PublicIPAddress",
        in_group("Microsoft.Network/publicIPAddresses/{publicIpAddressName}"),
        TO_80,
        replaces=("location", "publicIPAddressVersion", "publicIPPrefix", "sku"),
        seconds=4,
        outputs=_guid,
    ),
)
