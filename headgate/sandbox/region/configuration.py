"""The configuration files of a region's programs, written anew at each start.

Owns the egress selector, the audit policy, and the one file of stages that KWOK reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from headgate.sandbox.files import make_private_directory, write_if_changed
from headgate.sandbox.region.context import RegionContext
from headgate.sandbox.workloads.programs import IMAGE_PATTERN

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Configuration:
    """Paths of the files."""

    egress: Path
    stages: Path
    audit_policy: Path
    audit_log: Path


def write(context: RegionContext) -> Configuration:
    """Write every file. The audit log outlives its region: what nobody has read yet is in it, and the next goes on."""
    directory = context.directory
    egress, stages = directory / "egress.yaml", directory / "stages.yaml"
    write_if_changed(egress, yaml.safe_dump(egress_selector(context)))
    write_if_changed(stages, stage_document())
    policy = directory / "audit-policy.yaml"
    write_if_changed(policy, (HERE / "audit-policy.yaml").read_text())
    log = context.state.audit_log(context.cluster)
    make_private_directory(log.parent)
    return Configuration(egress, stages, policy, log)


def stage_document() -> str:
    """Return all stages as the one file that KWOK takes, with the images that it must hold back filled in."""
    text = "---\n".join(path.read_text() for path in sorted((HERE / "stages").glob("*.yaml")))
    return text.replace("$(PROGRAMS)", IMAGE_PATTERN)


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
