"""What every file and process of a region is derived from: its spec, number, ports and directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from headgate.sandbox.layout import StateDir
from headgate.sandbox.process import RegionEndpoints, RegionSpec

SERVICE_RANGE = "10.96.0.0/16"
API_SERVICE_IP = "10.96.0.1"


@dataclass(frozen=True)
class RegionContext:
    """One region. `ports` is by the short name of the process, then by the name of the port."""

    state: StateDir
    spec: RegionSpec
    number: int
    ports: Mapping[str, Mapping[str, int]]

    @property
    def cluster(self) -> str:
        """Return the name of the managed cluster, which is the region's own."""
        return self.spec.cluster

    @property
    def directory(self) -> Path:
        """Return the region's directory."""
        return self.state.region(self.cluster)

    @property
    def pki(self) -> Path:
        """Return the directory of its keys and certificates."""
        return self.directory / "pki"

    @property
    def server(self) -> str:
        """Return the API server's URL."""
        return f"https://127.0.0.1:{self.ports['kube-apiserver']['https']}"

    @property
    def ca(self) -> Path:
        """Return the certificate that signs everything served here: the sandbox's CA."""
        return self.state.pki / "ca.crt"

    @property
    def egress_socket(self) -> Path:
        """Return the socket of the egress proxy that the API server uses."""
        return self.state.socket(f"regions/{self.cluster}/egress.sock")

    @property
    def admin_kubeconfig(self) -> Path:
        """Return the kubeconfig for people and for Azure's credentials call."""
        return self.directory / "kubeconfig"

    def kubeconfig(self, component: str) -> Path:
        """Return the kubeconfig of one component, with an identity of its own."""
        return self.directory / "kubeconfigs" / component

    def process(self, name: str) -> str:
        """Return the supervisor's name for one of the region's processes."""
        return f"{self.cluster}/{name}"

    def endpoints(self) -> RegionEndpoints:
        """Return how to reach the region."""
        return RegionEndpoints(
            cluster=self.cluster,
            location=self.spec.location,
            server=self.server,
            ca=self.ca.read_text(),
            kubeconfig_path=str(self.admin_kubeconfig),
        )
