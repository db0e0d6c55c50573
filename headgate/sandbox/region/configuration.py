"""The configuration files of a region's programs, written anew at each start.

Owns the egress selector, the audit policy and webhook, and the one file of stages that KWOK reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from headgate.sandbox.audit_token import ensure_audit_token
from headgate.sandbox.files import make_private_directory, write_if_changed
from headgate.sandbox.region.context import RegionContext
from headgate.sandbox.workloads.programs import IMAGE_PATTERN

HERE = Path(__file__).parent
# The path of the audit collector that takes an API server's EventList.
COLLECTOR = "headgate.audit.collector"
AUDIT_PATH = "/v1/kubernetes/"


@dataclass(frozen=True)
class Configuration:
    """Paths of the files."""

    egress: Path
    stages: Path
    audit_policy: Path
    audit_log: Path
    audit_webhook: Path | None


def write(context: RegionContext, audit_port: int | None) -> Configuration:
    """Write every file; without an audit collector there is no webhook, and the log alone keeps the audit."""
    directory = context.directory
    egress, stages = directory / "egress.yaml", directory / "stages.yaml"
    write_if_changed(egress, yaml.safe_dump(egress_selector(context)))
    write_if_changed(stages, stage_document())
    policy = directory / "audit-policy.yaml"
    write_if_changed(policy, (HERE / "audit-policy.yaml").read_text())
    make_private_directory(directory / "audit")
    webhook = None
    if audit_port is not None:
        webhook = directory / "kubeconfigs" / "audit-webhook"
        write_if_changed(webhook, yaml.safe_dump(audit_webhook(context, audit_port)))
    return Configuration(egress, stages, policy, directory / "audit" / "audit.log", webhook)


def stage_document() -> str:
    """Return all stages as the one file that KWOK takes, with the images that it must hold back filled in."""
    text = "---\n".join(path.read_text() for path in sorted((HERE / "stages").glob("*.yaml")))
    return text.replace("$(PROGRAMS)", IMAGE_PATTERN)


def has_collector() -> bool:
    """Say whether this installation has an audit collector."""
    try:
        return find_spec(COLLECTOR) is not None
    except ModuleNotFoundError:
        return False


def egress_selector(context: RegionContext) -> dict[str, Any]:
    """Send what the API server dials inside the cluster to the region's egress proxy."""
    connection = {
        "proxyProtocol": "HTTPConnect",
        "transport": {"uds": {"udsName": str(context.egress_socket)}},
    }
    return {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{"name": "cluster", "connection": connection}],
    }


def audit_webhook(context: RegionContext, port: int) -> dict[str, Any]:
    """Return the kubeconfig with which the API server sends audit events to the collector.

    Over TLS, or no event arrives: Kubernetes' client reads no credentials for a server that it speaks to in the clear.
    """
    server = f"https://127.0.0.1:{port}{AUDIT_PATH}{context.cluster}"
    cluster = {"server": server, "certificate-authority": str(context.ca)}
    user = {"tokenFile": str(ensure_audit_token(context.state))}
    name = "audit"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
