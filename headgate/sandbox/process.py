"""What the supervisor is asked for and what it answers: plain, frozen, JSON on the wire.

Owns the shape of processes and regions. Owns no behaviour: `supervisor` runs them, `control` carries them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

# Group of processes that end after all others: what the others still write to while they end.
ENDS_LAST = "audit"


class State(StrEnum):
    """Where a process or a region stands."""

    STARTING = "starting"
    READY = "ready"
    UNHEALTHY = "unhealthy"
    BACKOFF = "backoff"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class HttpProbe:
    """Ready when a GET answers `status` (0: any of 200 to 399, as a kubelet takes it). `url` may hold `{port:NAME}`.

    `socket` asks over a unix socket instead of TCP.
    `ca` is the PEM file that an https answer must be signed by; without it https is not verified (loopback only).
    """

    url: str
    status: int = 200
    socket: str | None = None
    ca: str | None = None


@dataclass(frozen=True)
class TcpProbe:
    """Ready when a connection to `address` (`127.0.0.1:{port:NAME}`) is accepted."""

    address: str


Probe = HttpProbe | TcpProbe


@dataclass(frozen=True)
class ProcessSpec:
    """One process that shall run. `{port:NAME}` in argv, env values and probe becomes a loopback port of its own.

    A port is chosen once per (name, NAME) and kept over restarts unless something else has taken it meanwhile.
    `env` is added to the supervisor's short base environment; `group` is how status and `stop` order show it.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None
    ready: Probe | None = None
    group: str = "sandbox"
    restart: bool = True
    grace: float = 5.0

    def as_json(self) -> dict[str, Any]:
        """Return the wire form."""
        document = asdict(self)
        document["argv"] = list(self.argv)
        document["ready"] = probe_as_json(self.ready)
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ProcessSpec:
        """Read the wire form."""
        fields = dict(document)
        fields["argv"] = tuple(fields["argv"])
        fields["ready"] = probe_from_json(fields.get("ready"))
        return cls(**fields)


@dataclass(frozen=True)
class ProcessStatus:
    """One process as it is now. `memory` is its proportional set in bytes, `log` the file of its output."""

    name: str
    group: str
    state: State
    pid: int | None
    ports: Mapping[str, int]
    restarts: int
    memory: int
    log: str
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ProcessStatus:
        """Read the wire form."""
        return cls(**{**document, "state": State(document["state"])})


@dataclass(frozen=True)
class RegionSpec:
    """The control plane of one managed cluster."""

    cluster: str
    location: str
    kubernetes_version: str = "1.36.3"

    def as_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> RegionSpec:
        """Read the wire form."""
        return cls(**document)


@dataclass(frozen=True)
class RegionEndpoints:
    """How to reach a region: `server` is its API server's URL, `ca` the PEM text that signs it."""

    cluster: str
    location: str
    server: str
    ca: str
    kubeconfig_path: str

    def as_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> RegionEndpoints:
        """Read the wire form."""
        return cls(**document)


@dataclass(frozen=True)
class RegionStatus:
    """One region as it is now, with its processes; `endpoints` is None until its ports are chosen."""

    cluster: str
    location: str
    kubernetes_version: str
    state: State
    reason: str
    endpoints: RegionEndpoints | None
    processes: tuple[ProcessStatus, ...]

    @property
    def memory(self) -> int:
        """Return the bytes that all its processes take up."""
        return sum(process.memory for process in self.processes)

    def as_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            **asdict(self),
            "endpoints": self.endpoints.as_json() if self.endpoints else None,
            "processes": [process.as_json() for process in self.processes],
            "memory": self.memory,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> RegionStatus:
        """Read the wire form."""
        fields = {key: value for key, value in document.items() if key != "memory"}
        fields["state"] = State(fields["state"])
        fields["endpoints"] = RegionEndpoints.from_json(fields["endpoints"]) if fields["endpoints"] else None
        fields["processes"] = tuple(ProcessStatus.from_json(process) for process in fields["processes"])
        return cls(**fields)


def probe_as_json(probe: Probe | None) -> dict[str, Any] | None:
    """Return the wire form of a probe, which names its kind."""
    if probe is None:
        return None
    return {"kind": "http" if isinstance(probe, HttpProbe) else "tcp", **asdict(probe)}


def probe_from_json(document: Mapping[str, Any] | None) -> Probe | None:
    """Read the wire form of a probe."""
    if document is None:
        return None
    fields = {key: value for key, value in document.items() if key != "kind"}
    return HttpProbe(**fields) if document["kind"] == "http" else TcpProbe(**fields)
