"""A region as stages of processes: what is written first, what starts after what.

Owns the order. The supervisor starts stages one after the other, and ends them in reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from headgate.sandbox.process import ProcessSpec
from headgate.sandbox.region import bootstrap, configuration, control_plane, identities, node_plane
from headgate.sandbox.region.context import RegionContext
from headgate.sandbox.region.facts import write_facts

PORTS: Mapping[str, tuple[str, ...]] = {
    "etcd": ("client", "peer"),
    "kube-apiserver": ("https",),
    "kube-controller-manager": ("https",),
    "kube-scheduler": ("https",),
    "kwok": ("https",),
    "metrics-server": ("https",),
    "egress": ("proxy",),
    "dataplane": ("http", "https", "grpc"),
}


@dataclass(frozen=True)
class Stage:
    """Processes that start side by side; `after` runs, in a thread, once all of them are ready."""

    processes: tuple[ProcessSpec, ...]
    after: Callable[[], None] | None = None

    @property
    def names(self) -> list[str]:
        """Return the names of the stage's processes."""
        return [spec.name for spec in self.processes]


def reserve_ports(cluster: str, reserve: Callable[[str, Iterable[str]], dict[str, int]]) -> dict[str, dict[str, int]]:
    """Choose every port of a region before any file is written."""
    return {process: reserve(f"{cluster}/{process}", names) for process, names in PORTS.items()}


def prepare(context: RegionContext) -> list[Stage]:
    """Write the region's files and return its stages."""
    context.state.ensure_socket(f"regions/{context.cluster}/egress.sock")
    issued = identities.issue(context)
    configured = configuration.write(context)
    write_facts(context)
    dataplane = node_plane.dataplane(context)
    return [
        Stage((control_plane.etcd(context),)),
        # The proxy ends with the API server: its watch would keep the API server from ending by itself.
        Stage(
            (control_plane.apiserver(context, issued, configured), node_plane.egress(context)),
            partial(bootstrap.apply, context),
        ),
        Stage(
            (
                control_plane.controller_manager(context, issued),
                control_plane.scheduler(context, issued),
                node_plane.kwok(context, issued, configured),
                node_plane.metrics_server(context, issued),
                node_plane.workloads(context),
                *([dataplane] if dataplane else []),
            )
        ),
    ]
