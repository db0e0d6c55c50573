"""The gate layer: the rules, as the admission webhook of a cluster.

They are files of the update, or a signed bundle that the gates pull by themselves: the one that the stack names, else
the one that the deploy job knows for the platform's registry, where bundle and keys are as young as the platform.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
from pydantic import ValidationError

from components import catalog, names
from headgate.errors import HeadgateError

# The arrows from here to the rules: which files a cluster's gate loads is the bundle's own knowledge, and which waivers
# count is theirs.
from headgate.policy.bundle import Bundle
from headgate.stack.secret import Secret
from headgate.stack.signed_rules import SignedRules
from headgate.waiver.force import in_force
from infra.layers.collector import collector
from infra.layers.unknown import secret_if_any
from infra.settings import CHECKOUT, Settings, platform_image

if TYPE_CHECKING:
    from components.contract.admission_gate import AdmissionBundle, AdmissionGateArgs

# A file in which the deploy job says what gates pull: by login server, settings as `gate.bundle` of a stack has them.
BUNDLES_FILE = "HEADGATE_GATE_BUNDLES"


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
    gate, environment = settings.stack.platform.gate, settings.ownership["environment"]
    signed = gate.bundle or _known_to_the_job(settings)
    rules, _ = in_force(Bundle.find(CHECKOUT / "policies"), CHECKOUT / "stacks")
    args: AdmissionGateArgs = {
        "ownership": settings.ownership,
        "opa_image": platform_image(settings, gate.opa.image, gate.opa.digest, mirror),
        "certificates_image": platform_image(settings, gate.certificates.image, gate.certificates.digest, mirror),
        "rules": rules.admission_local(environment) if signed else rules.admission_files(environment),
        "replicas": replicas or gate.replicas,
        "memory_mib": gate.memory_mib,
    }
    if signed:
        args["bundle"] = _bundle(settings, signed, mirror)
    # Without one, decisions stay in the pods' own log.
    ledger = collector()
    if ledger is not None:
        args["audit"] = {"url": ledger.url, "token": ledger.token}
        if ledger.authority:
            args["audit"]["authority"] = ledger.authority
    return catalog.AdmissionGate(f"gate-{place}", args, pulumi.ResourceOptions(providers=[provider], depends_on=after))


def _bundle(settings: Settings, signed: SignedRules, mirror: str | None) -> AdmissionBundle:
    """Return what the gate of a place pulls: from the platform's registry, or from the place's mirror of it."""
    bundle: AdmissionBundle = {
        "reference": platform_image(settings, signed.repository, signed.digest, mirror),
        "key": signed.key,
    }
    if signed.facts is not None:
        server = mirror or _login_server(settings)
        reference = f"{server}/{signed.facts.repository}:{signed.facts.tag}"
        bundle["facts"] = {"reference": reference, "key": signed.facts.key}
    # They are the platform's registry's own; a mirror has never heard of them.
    reader = None if mirror else secret_if_any(Secret.REGISTRY_READER)
    if reader is not None:
        bundle["credentials"] = reader
    return bundle


def _known_to_the_job(settings: Settings) -> SignedRules | None:
    """Return what the deploy job says of the platform's registry; another registry's bundle is nothing to this one."""
    file = os.environ.get(BUNDLES_FILE)
    if not file:
        return None
    try:
        stated = json.loads(Path(file).read_text(encoding="utf-8")).get(_login_server(settings))
        return None if stated is None else SignedRules.model_validate(stated)
    except (OSError, ValueError, AttributeError) as error:
        fault = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise HeadgateError(
            "which rules the gates pull can't be read, so nothing is deployed",
            where=f"{file} ({BUNDLES_FILE})",
            found=fault,
            expected="JSON: by login server, the settings of `gate.bundle` (docs/reference/stack.md)",
            fix="in a sandbox `make up` writes it; elsewhere name the bundle in the stack, and unset the variable",
        ) from error


def _login_server(settings: Settings) -> str:
    return names.login_server(settings.stack.platform.organisation, settings.ownership["environment"])
