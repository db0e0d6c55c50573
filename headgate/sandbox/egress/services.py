"""The Services of a region, kept current by one watch.

Owns a table from address (cluster IP or DNS name) and port to the Service behind it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headgate.sandbox.kube import KubeClient, KubeError

LOG = logging.getLogger(__name__)
RETRY_AFTER = 0.5


@dataclass(frozen=True)
class ServicePort:
    """One port of a Service: what its selector and target port say."""

    namespace: str
    service: str
    port: int
    name: str
    target: str
    selector: tuple[tuple[str, str], ...]


Table = dict[tuple[str, int], ServicePort]


class Services:
    """A region's Services. Reads are lock-free: the table is replaced, never changed."""

    def __init__(self, client: KubeClient) -> None:
        self._client = client
        self._objects: dict[str, dict[str, Any]] = {}
        self._table: Table = {}
        self.synced = threading.Event()

    def start(self) -> None:
        """Watch in a thread that ends with the process."""
        threading.Thread(target=self._keep_watching, name="services", daemon=True).start()

    def find(self, host: str, port: int) -> ServicePort | None:
        """Return the Service port at an address."""
        return self._table.get((host, port))

    def refresh(self) -> None:
        """List now: a Service may be younger than the watch's last event."""
        listing = self._client.list("v1", "Service")
        self._objects = {item["metadata"]["uid"]: item for item in listing["items"]}
        self._rebuild()

    def _keep_watching(self) -> None:
        """List and watch for ever; an API server that is away for a while is normal."""
        while True:
            try:
                self._watch_once()
            except KubeError as error:
                LOG.info("services: %s", error)
                threading.Event().wait(RETRY_AFTER)

    def _watch_once(self) -> None:
        """List, then follow until the watch ends."""
        listing = self._client.list("v1", "Service")
        self._objects = {item["metadata"]["uid"]: item for item in listing["items"]}
        self._rebuild()
        self.synced.set()
        version = listing["metadata"]["resourceVersion"]
        for event in self._client.watch("v1", "Service", resource_version=version):
            if event.type == "ERROR":
                return
            if event.type == "BOOKMARK":
                continue
            uid = event.object["metadata"]["uid"]
            if event.type == "DELETED":
                self._objects.pop(uid, None)
            else:
                self._objects[uid] = event.object
            self._rebuild()

    def _rebuild(self) -> None:
        """Replace the table."""
        self._table = table_of(list(self._objects.values()))


def table_of(services: list[dict[str, Any]]) -> Table:
    """Return every address of every Service."""
    return {
        (host, entry.port): entry for service in services for entry in ports_of(service) for host in hosts_of(service)
    }


def ports_of(service: Mapping[str, Any]) -> list[ServicePort]:
    """Return the ports of a Service."""
    metadata, spec = service["metadata"], service["spec"]
    return [
        ServicePort(
            namespace=metadata["namespace"],
            service=metadata["name"],
            port=int(row["port"]),
            name=row.get("name", ""),
            target=str(row.get("targetPort", row["port"])),
            selector=tuple(sorted((spec.get("selector") or {}).items())),
        )
        for row in spec.get("ports") or []
    ]


def hosts_of(service: Mapping[str, Any]) -> list[str]:
    """Return the addresses and names under which a Service is reached inside its cluster."""
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    addresses = [ip for ip in service["spec"].get("clusterIPs") or [] if ip != "None"]
    balanced = [row["ip"] for row in balancer_rows(service) if row.get("ip")]
    dns = f"{name}.{namespace}"
    return [*addresses, *balanced, dns, f"{dns}.svc", f"{dns}.svc.cluster.local"]


def balancer_rows(service: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the load balancer's addresses of a Service."""
    return ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
