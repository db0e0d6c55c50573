"""Private endpoints: a resource's own address in a network, with the DNS record that leads there.

Owns which sub-resource and which DNS zones belong to each service, as Azure's documentation lists them. Each region has
zones of its own: one zone for two regions would hold a single record where a registry has two endpoints.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pulumi
from pulumi_azure_native import network

from components import names
from components.contract.guarding import PrivateNetwork


class Service(StrEnum):
    """What can be reached by a private endpoint: the name of its sub-resource (group id)."""

    VAULT = "vault"
    REGISTRY = "registry"
    BLOB = "blob"
    FILE = "file"
    EVENTS = "namespace"
    LEARNING_REGISTRY = "amlregistry"
    LEARNING_WORKSPACE = "amlworkspace"
    GRAFANA = "grafana"
    METRICS = "prometheusMetrics"
    MONITOR = "azuremonitor"


_ZONES: dict[Service, tuple[str, ...]] = {
    Service.VAULT: ("privatelink.vaultcore.azure.net",),
    Service.REGISTRY: ("privatelink.azurecr.io",),
    Service.BLOB: ("privatelink.blob.core.windows.net",),
    Service.FILE: ("privatelink.file.core.windows.net",),
    Service.EVENTS: ("privatelink.servicebus.windows.net",),
    Service.LEARNING_REGISTRY: ("privatelink.api.azureml.ms",),
    Service.LEARNING_WORKSPACE: ("privatelink.api.azureml.ms", "privatelink.notebooks.azure.net"),
    Service.GRAFANA: ("privatelink.grafana.azure.com",),
    Service.METRICS: ("privatelink.{region}.prometheus.monitor.azure.com",),
    # What a scope of Azure Monitor answers for: its interface, agents, logs in and out, and what agents fetch.
    Service.MONITOR: (
        "privatelink.monitor.azure.com",
        "privatelink.oms.opinsights.azure.com",
        "privatelink.ods.opinsights.azure.com",
        "privatelink.agentsvc.azure-automation.net",
        "privatelink.blob.core.windows.net",
    ),
}


@dataclass(frozen=True)
class Target:
    """A resource that endpoints lead to."""

    id: pulumi.Input[str]
    name: str
    service: Service
    region: str | None = None
    """Where it is, for services whose zones are named by that; where the network is unless said."""


def zone_names(service: Service, region: str) -> tuple[str, ...]:
    """Return the private DNS zones of a service; `region` is where the resource is."""
    return tuple(zone.format(region=region) for zone in _ZONES[service])


def all_zone_names(*regions: str) -> list[str]:
    """Return every zone by which a network finds what is in these regions, each once."""
    return sorted({zone for region in regions for service in Service for zone in zone_names(service, region)})


def private_endpoint(
    logical: str,
    target: Target,
    access: PrivateNetwork,
    tags: dict[str, str],
    parent: pulumi.Resource,
    after: Sequence[pulumi.Resource] = (),
) -> list[pulumi.Resource]:
    """Give the target an address in the network, and that network's zones the record of it; `after` comes first."""
    region = access["region"]
    name = names.private_endpoint(target.name, target.service, region)
    endpoint = network.PrivateEndpoint(
        f"{logical}-{region}-{target.service}-endpoint",
        private_endpoint_name=name,
        resource_group_name=access["resource_group"],
        location=region,
        subnet={"id": access["subnet_id"]},
        # Azure would name the card itself, differently each time.
        custom_network_interface_name=f"{name}-nic",
        private_link_service_connections=[
            {"name": name, "private_link_service_id": target.id, "group_ids": [str(target.service)]}
        ],
        tags=tags,
        opts=pulumi.ResourceOptions(parent=parent, depends_on=list(after) or None),
    )
    zones = [zone for zone in zone_names(target.service, target.region or region) if zone in access["zones"]]
    records = network.PrivateDnsZoneGroup(
        f"{logical}-{region}-{target.service}-records",
        private_dns_zone_group_name="default",
        private_endpoint_name=endpoint.name,
        resource_group_name=access["resource_group"],
        private_dns_zone_configs=[
            {"name": zone.replace(".", "-"), "private_dns_zone_id": access["zones"][zone]} for zone in zones
        ],
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return [endpoint, records]
