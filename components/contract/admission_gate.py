"""Contract of AdmissionGate: what a cluster needs so that only what the rules allow is written to it."""

from typing import NotRequired, TypedDict

import pulumi

from components.contract.ownership import Ownership


class AdmissionAudit(TypedDict):
    """Where the gate's decisions are recorded."""

    url: pulumi.Input[str]
    """Collector that takes OPA's decision logs; OPA appends `/logs`."""
    token: pulumi.Input[str]
    """Bearer token for it; kept in a Secret of the gate's own namespace."""


class AdmissionGateArgs(TypedDict):
    """What AdmissionGate takes."""

    ownership: Ownership
    """Who answers for it."""
    opa_image: pulumi.Input[str]
    """Image of Open Policy Agent, by digest, from the platform's registry."""
    certificates_image: pulumi.Input[str]
    """Image that keeps the gate's certificates (`headgate.gate.certificates`), by digest."""
    rules: dict[str, str]
    """Files that decide, by name: Rego, and `data.json` with catalogue, parameters and the cluster's environment."""
    replicas: NotRequired[int]
    """OPA pods; 3 by default."""
    audit: NotRequired[AdmissionAudit]
    """Where decisions are recorded; only the pods' own log by default."""
