"""The gate layer: the rules, as the admission webhook of a cluster."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

from components import catalog

# The arrows from here to the rules: which files a cluster's gate loads is the bundle's own knowledge, and which waivers
# count is theirs.
from headgate.policy.bundle import Bundle
from headgate.waiver.force import in_force
from infra.settings import CHECKOUT, Settings, platform_image

if TYPE_CHECKING:
    from components.contract.admission_gate import AdmissionGateArgs

# Where the deploy job says that decisions are recorded; without it they stay in the pods' own log.
AUDIT_URL = "HEADGATE_AUDIT_URL"
AUDIT_TOKEN_FILE = "HEADGATE_AUDIT_TOKEN_FILE"  # noqa: S105  the name of a variable


def build_gate(
    settings: Settings,
    place: str,
    provider: pulumi.ProviderResource,
    after: list[pulumi.Resource],
    *,
    mirror: str | None = None,
    replicas: int | None = None,
) -> catalog.AdmissionGate:
    """Build the gate of a cluster, once there are nodes for it; a small place has fewer pods, and the same rules."""
    gate = settings.stack.platform.gate
    rules, _ = in_force(Bundle.find(CHECKOUT / "policies"), CHECKOUT / "stacks")
    args: AdmissionGateArgs = {
        "ownership": settings.ownership,
        "opa_image": platform_image(settings, gate.opa.image, gate.opa.digest, mirror),
        "certificates_image": platform_image(settings, gate.certificates.image, gate.certificates.digest, mirror),
        "rules": rules.admission_files(settings.ownership["environment"]),
        "replicas": replicas or gate.replicas,
    }
    url, token = os.environ.get(AUDIT_URL), os.environ.get(AUDIT_TOKEN_FILE)
    if url and token:
        secret = Path(token).read_text(encoding="utf-8").strip()
        args["audit"] = {"url": url, "token": pulumi.Output.secret(secret)}
    return catalog.AdmissionGate(f"gate-{place}", args, pulumi.ResourceOptions(providers=[provider], depends_on=after))
