"""A region's network: three subnets behind network security groups, and the private DNS zones that it resolves by.

The zones are the region's own, in its own resource group: a region that is lost takes no other's names with it, and one
registry can have an address in each network.
"""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network, privatedns

from components import names, sizing
from components.azure.guard import Guard
from components.azure.private_access import all_zone_names
from components.contract.foundation import FoundationRegion
from components.contract.guarding import PrivateNetwork


@dataclass(frozen=True)
class RegionNetwork:
    """The network, and how others get an address in it."""

    id: pulumi.Output[str]
    access: PrivateNetwork
    resource: network.VirtualNetwork
    groups: dict[str, network.NetworkSecurityGroup]


def region_network(
    name: str, region: FoundationRegion, resource_group: pulumi.Input[str], home: str, guard: Guard
) -> RegionNetwork:
    """Make a region's network, its security groups, and its zones: for what is here, and what `home` keeps for all."""
    groups = {
        "nodes": _security_group(f"{name}-nodes", "nodes", region, resource_group, guard, []),
        "endpoints": _security_group(
            f"{name}-endpoints", "endpoints", region, resource_group, guard, _only_https(region["network"])
        ),
    }
    made = _network(name, region, resource_group, guard, groups)
    return RegionNetwork(
        id=made.id,
        access={
            "region": region["name"],
            "resource_group": resource_group,
            "subnet_id": made.id.apply(lambda network_id: f"{network_id}/subnets/endpoints"),
            "zones": {
                zone: _zone(name, zone, resource_group, made, guard) for zone in all_zone_names(region["name"], home)
            },
        },
        resource=made,
        groups=groups,
    )


def _network(
    name: str,
    region: FoundationRegion,
    resource_group: pulumi.Input[str],
    guard: Guard,
    groups: dict[str, network.NetworkSecurityGroup],
) -> network.VirtualNetwork:
    """Make the network with its three subnets."""
    ranges = sizing.subnets(region["network"])
    return network.VirtualNetwork(
        f"{name}-network",
        virtual_network_name=names.network(guard.environment, region["name"]),
        resource_group_name=resource_group,
        location=region["name"],
        address_space={"address_prefixes": [region["network"]]},
        subnets=[
            {
                "name": "nodes",
                "address_prefix": ranges.nodes,
                "network_security_group": {"id": groups["nodes"].id},
            },
            {
                "name": "gateway",
                "address_prefix": ranges.gateway,
                "network_security_group": {"id": groups["nodes"].id},
                # Azure asks for it where a private link service takes its addresses.
                "private_link_service_network_policies": "Disabled",
                "default_outbound_access": False,
            },
            {
                "name": "endpoints",
                "address_prefix": ranges.endpoints,
                "network_security_group": {"id": groups["endpoints"].id},
                # Otherwise Azure leaves private endpoints out of the group's rules.
                "private_endpoint_network_policies": "Enabled",
                "default_outbound_access": False,
            },
        ],
        tags=guard.tags,
        opts=guard.options(protect=True),
    )


def _security_group(
    logical: str,
    purpose: str,
    region: FoundationRegion,
    resource_group: pulumi.Input[str],
    guard: Guard,
    rules: list[dict[str, object]],
) -> network.NetworkSecurityGroup:
    """Make a security group; Azure's own last rule refuses what comes from the Internet."""
    return network.NetworkSecurityGroup(
        f"{logical}-rules",
        network_security_group_name=names.security_group(guard.environment, region["name"], purpose),
        resource_group_name=resource_group,
        location=region["name"],
        security_rules=rules,
        tags=guard.tags,
        opts=guard.options(),
    )


def _only_https(space: str) -> list[dict[str, object]]:
    """Let the network's own programs speak TLS to private endpoints, and nothing else reach them."""
    common = {"direction": "Inbound", "source_port_range": "*", "destination_address_prefix": "*"}
    return [
        {
            **common,
            "name": "https-and-amqps-from-this-network",
            "priority": 100,
            "access": "Allow",
            "protocol": "Tcp",
            "source_address_prefix": space,
            # HTTPS; AMQP over TLS and Kafka, which readers of the event hub speak.
            "destination_port_ranges": ["443", "5671", "9093"],
        },
        {
            **common,
            "name": "nothing-else",
            "priority": 4096,
            "access": "Deny",
            "protocol": "*",
            "source_address_prefix": "*",
            "destination_port_range": "*",
        },
    ]


def _zone(
    name: str, zone: str, resource_group: pulumi.Input[str], linked: network.VirtualNetwork, guard: Guard
) -> pulumi.Output[str]:
    """Make a private DNS zone that the network resolves by; return its id once it does."""
    label = zone.removeprefix("privatelink.").replace(".", "-")
    made = privatedns.PrivateZone(
        f"{name}-{label}-zone",
        private_zone_name=zone,
        resource_group_name=resource_group,
        location="Global",
        tags=guard.tags,
        opts=guard.options(),
    )
    privatedns.VirtualNetworkLink(
        f"{name}-{label}-link",
        virtual_network_link_name="headgate",
        private_zone_name=made.name,
        resource_group_name=resource_group,
        location="Global",
        registration_enabled=False,
        virtual_network={"id": linked.id},
        tags=guard.tags,
        opts=guard.options(),
    )
    zone_id: pulumi.Output[str] = made.id
    return zone_id
