"""Where a connection that asks for `host:port` may go: the one decision of the egress proxy.

Owns the order: network map, then Services, then the simulated kubelets. Everything else is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from headgate.sandbox import network
from headgate.sandbox.egress.services import ServicePort, Services
from headgate.sandbox.layout import StateDir
from headgate.sandbox.region.context import API_SERVICE_IP
from headgate.sandbox.region.facts import RegionFacts
from headgate.sandbox.workloads import published

SYNC_PATIENCE = 5.0
# Services of the sandbox itself, which select no pods: name -> (process, port).
OWN_SERVICES = {
    ("kube-system", "metrics-server"): ("metrics-server", "https"),
    ("default", "kubernetes"): ("kube-apiserver", "https"),
}


class RefusedError(Exception):
    """A target that the proxy does not connect to, and the status to say so with."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass
class Routes:
    """The targets of one region."""

    state: StateDir
    facts: RegionFacts
    services: Services

    def resolve(self, host: str, port: int) -> network.Address:
        """Return the loopback address behind `host:port`, or raise RefusedError."""
        mapped = network.resolve(self.state, host, port)
        if mapped is not None:
            return mapped
        if host == API_SERVICE_IP and port == 443:
            return "127.0.0.1", self.facts.ports["kube-apiserver"]["https"]
        if (host, port) == ("127.0.0.1", self.facts.ports["kwok"]["https"]):
            return host, port
        return self._behind(self._service(host, port))

    def _service(self, host: str, port: int) -> ServicePort:
        """Return the Service at an address; one that the watch has not told of yet is asked for."""
        self.services.synced.wait(SYNC_PATIENCE)
        found = self.services.find(host, port)
        if found is None and looks_like_service(host):
            self.services.refresh()
            found = self.services.find(host, port)
        if found is None:
            raise RefusedError(
                403, f"{host}:{port} is neither in the sandbox's network map nor a Service of the region"
            )
        return found

    def _behind(self, entry: ServicePort) -> network.Address:
        """Return the real process behind a Service port."""
        name = f"Service {entry.namespace}/{entry.service}"
        own = OWN_SERVICES.get((entry.namespace, entry.service))
        if own is not None:
            process, port = own
            return "127.0.0.1", self.facts.ports[process][port]
        rows = published.read(self.state.region(self.facts.cluster))
        behind = [row for row in rows if row.behind(entry.namespace, dict(entry.selector))]
        if not behind:
            raise RefusedError(503, f"no real process runs behind {name}")
        for row in behind:
            if entry.target in row.ports:
                return "127.0.0.1", row.ports[entry.target]
        raise RefusedError(502, f"{name} targets port {entry.target}, which no container behind it declares")


def looks_like_service(host: str) -> bool:
    """Say whether a target could be a Service of the region: an address of its range, or a cluster name."""
    return host.startswith("10.96.") or ".svc" in host or host.count(".") == 1
