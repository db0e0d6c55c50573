"""What there is to scrape: the model servers, gates and API servers of clusters, the registries, the audit collector.

In Azure an agent in each cluster finds the first two by their pods, and probes the others; an API server is measured
from beside it. Here processes stand behind
them, and the supervisor knows where they listen.
"""

from __future__ import annotations

from collections.abc import Mapping

from headgate.sandbox.azure.counterparts.prometheus_config import Target
from headgate.sandbox.control import Control, ProcessStatus
from headgate.sandbox.layout import StateDir
from headgate.sandbox.region.identities import MEASURING
from headgate.sandbox.workloads import published

GATE = "headgate-gate"
GATE_PORT = "8443"
# Of an API server's hundreds of figures the one that an alert goes by.
AUDIT_ERRORS = "apiserver_audit_error_total"


def targets_of(state: StateDir, control: Control, clusters: Mapping[str, str]) -> list[Target]:
    """Return what is scraped for clusters, given with their locations.

    A process need not run to be a target: that it does not answer is what is to be seen.
    """
    targets: list[Target] = []
    statuses = {status.name: status for status in control.processes()}
    for cluster, location in clusters.items():
        labels = (("cluster", cluster), ("region", location))
        server = statuses.get(f"{cluster}/dataplane")
        if server is not None and "http" in server.ports:
            targets.append(Target("models", _at(server, "http"), labels))
        targets += _gates(state, cluster, labels)
        server = statuses.get(f"{cluster}/kube-apiserver")
        if server is not None and "https" in server.ports:
            targets += _api_server(state, cluster, _at(server, "https"), labels)
    for status in statuses.values():
        if status.group == "registry" and "debug" in status.ports:
            named = ("registry", status.name.removeprefix("registry-"))
            targets.append(Target("registry", _at(status, "debug"), (named,)))
    audit = statuses.get("audit")
    if audit is not None and "https" in audit.ports:
        ca, token = str(state.pki / "ca.crt"), str(state.audit_token)
        targets.append(Target("audit", _at(audit, "https"), https=True, ca=ca, token_file=token))
    return targets


def _gates(state: StateDir, cluster: str, labels: tuple[tuple[str, str], ...]) -> list[Target]:
    """Return a cluster's gate. Its authority is the gate's own, which only the API server is told of."""
    return [
        Target("gate", f"127.0.0.1:{row.ports[GATE_PORT]}", labels, https=True)
        for row in published.read(state.region(cluster))
        if row.namespace == GATE and row.container == "opa" and GATE_PORT in row.ports
    ]


def _api_server(state: StateDir, cluster: str, address: str, labels: tuple[tuple[str, str], ...]) -> list[Target]:
    """Return a cluster's API server, once there is a certificate for who measures it."""
    pki = state.region(cluster) / "pki"
    pair = pki / f"{MEASURING}.crt", pki / f"{MEASURING}.key"
    if not all(each.is_file() for each in pair):
        return []
    cert, key = map(str, pair)
    ca = str(state.pki / "ca.crt")
    return [Target("apiserver", address, labels, https=True, ca=ca, pair=(cert, key), only=AUDIT_ERRORS)]


def _at(status: ProcessStatus, port: str) -> str:
    return f"127.0.0.1:{status.ports[port]}"
