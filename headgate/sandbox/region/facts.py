"""What a region's own processes must know of it: written by the supervisor, read by egress proxy and workload runner.

Owns `<region>/region.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from headgate.sandbox.files import write_if_changed
from headgate.sandbox.layout import StateDir
from headgate.sandbox.region.context import RegionContext


@dataclass(frozen=True)
class RegionFacts:
    """A region's identity and ports. `ports` is by process, then by name."""

    cluster: str
    location: str
    number: int
    server: str
    ca: str
    egress_socket: str
    ports: Mapping[str, Mapping[str, int]]

    @classmethod
    def read(cls, state: StateDir, cluster: str) -> RegionFacts:
        """Read the facts of one region."""
        return cls(**json.loads(facts_path(state.region(cluster)).read_text()))


def write_facts(context: RegionContext) -> None:
    """Write the facts, for processes that start after this."""
    facts = RegionFacts(
        cluster=context.cluster,
        location=context.spec.location,
        number=context.number,
        server=context.server,
        ca=str(context.ca),
        egress_socket=str(context.egress_socket),
        ports={process: dict(ports) for process, ports in context.ports.items()},
    )
    write_if_changed(facts_path(context.directory), json.dumps(asdict(facts), indent=1) + "\n")


def facts_path(directory: Path) -> Path:
    """Return where the facts of a region are."""
    return directory / "region.json"
