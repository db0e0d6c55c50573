"""Gives Services of type LoadBalancer an address, as a cloud controller does, and says where it leads.

Owns addresses 10.64.<region>.x and the region's entries in the network map.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.sandbox import network
from headgate.sandbox.egress.services import balancer_rows, ports_of
from headgate.sandbox.kube import Document, KubeClient
from headgate.sandbox.layout import StateDir
from headgate.sandbox.region.facts import RegionFacts
from headgate.sandbox.workloads.published import Published

GATEWAY = ("headgate-gateway", "gateway")
# Below are addresses of the region's own: its metrics API.
FIRST_HOST, LAST_HOST = 10, 254


class Balancers:
    """The load balancers of one region."""

    def __init__(self, state: StateDir, facts: RegionFacts, client: KubeClient) -> None:
        self._state, self._facts, self._client = state, facts, client

    def reconcile(self, services: list[Document], rows: list[Published]) -> None:
        """Address every LoadBalancer Service that has no address, and publish where the addresses lead."""
        balanced = [service for service in services if service["spec"].get("type") == "LoadBalancer"]
        held = {address: service["metadata"]["uid"] for service in balanced for address in addresses_of(service)}
        entries: dict[str, str] = {}
        for service in sorted(balanced, key=lambda each: each["metadata"]["creationTimestamp"]):
            mine = [address for address, uid in held.items() if uid == service["metadata"]["uid"]]
            address = mine[0] if mine else self._give(service, held)
            entries.update(self._entries(service, address, rows))
        network.publish(self._state, f"{self._facts.cluster}-loadbalancers", entries)

    def _give(self, service: Document, held: dict[str, Any]) -> str:
        """Choose an address and write it into the Service's status, unless the Service has changed meanwhile."""
        metadata = service["metadata"]
        prefix = f"10.64.{self._facts.number}"
        free = (f"{prefix}.{host}" for host in range(FIRST_HOST, LAST_HOST + 1))
        address = next(candidate for candidate in free if candidate not in held)
        held[address] = metadata["uid"]
        body = {
            # Another may have given it an address since it was read: refused then, and read again.
            "metadata": {"resourceVersion": metadata["resourceVersion"]},
            "status": {"loadBalancer": {"ingress": [{"ip": address, "ipMode": "VIP"}]}},
        }
        namespace = metadata["namespace"]
        self._client.patch("v1", "Service", metadata["name"], body, namespace=namespace, subresource="status")
        return address

    def _entries(self, service: Document, address: str, rows: list[Published]) -> dict[str, str]:
        """Return the network map's entries of one Service; ports with nothing real behind them have none."""
        entries: dict[str, str] = {}
        for entry in ports_of(service):
            if (entry.namespace, entry.service) == GATEWAY:
                real: int | None = gateway_port(entry.name, self._facts.ports["dataplane"])
            else:
                behind = [row for row in rows if row.behind(entry.namespace, dict(entry.selector))]
                real = next((row.ports[entry.target] for row in behind if entry.target in row.ports), None)
            if real is not None:
                entries[f"{address}:{entry.port}"] = f"127.0.0.1:{real}"
        return entries


def gateway_port(name: str, ports: Mapping[str, int]) -> int:
    """Return the data plane's port for a port of the gateway Service, by the name that says its protocol."""
    if "grpc" in name:
        return ports["grpc"]
    return ports["https"] if "https" in name else ports["http"]


def addresses_of(service: Mapping[str, Any]) -> list[str]:
    """Return the addresses that a Service has."""
    return [row["ip"] for row in balancer_rows(service) if row.get("ip")]
