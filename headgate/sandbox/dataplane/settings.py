"""What a data plane is told when it starts, and the annotations by which it and the region speak."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from headgate.sandbox.layout import StateDir

VOLUMES = "sandbox.headgate.dev/volumes"
VOLUMES_MESSAGE = "sandbox.headgate.dev/volumes-message"
# Optional, on a pod template: how many requests a pod works on at once, and how long one takes (seconds).
CONCURRENCY = "sandbox.headgate.dev/concurrency"
SERVICE_TIME = "sandbox.headgate.dev/service-time"
USAGE_CPU = "kwok.x-k8s.io/usage-cpu"
USAGE_MEMORY = "kwok.x-k8s.io/usage-memory"

READY = "ready"
FAILED = "failed"

INGRESS_CLASS = "headgate"
GATEWAY = ("headgate-gateway", "gateway")
FIELD_MANAGER = "headgate-dataplane"


@dataclass(frozen=True)
class Settings:
    """One data plane: whose region, where its state is, what it listens on (0 means: not)."""

    state: StateDir
    cluster: str
    location: str
    kubeconfig: Path
    http_port: int
    https_port: int = 0
    grpc_port: int = 0
    hosts: tuple[str, ...] = ()
    usage_interval: float = 5.0

    @property
    def directory(self) -> Path:
        """The region's directory."""
        return self.state.region(self.cluster)

    @property
    def volumes(self) -> Path:
        """Content-addressed cache of pulled models, shared by the region's pods."""
        return self.directory / "volumes"

    @property
    def socket(self) -> Path:
        """Where behaviour is set at run time."""
        return self.directory / "dataplane.sock"
