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
    authority: NotRequired[pulumi.Input[str]]
    """Authority of the collector's certificate, as PEM; the image's own by default."""


class AdmissionFacts(TypedDict):
    """The signed facts that the gate follows in the registry of the rules."""

    reference: pulumi.Input[str]
    """REGISTRY/REPOSITORY:TAG, as `headgate policy facts` keeps it."""
    key: pulumi.Input[str]
    """Public key (PEM, P-256) of who signs the facts; another than that of the rules."""


class AdmissionBundle(TypedDict):
    """The signed rules that the gate pulls from a registry; until it has verified them, it denies."""

    reference: pulumi.Input[str]
    """REGISTRY/REPOSITORY@sha256:…, as `headgate policy bundle push` prints it."""
    key: pulumi.Input[str]
    """Public key (PEM, P-256) of who signs the rules."""
    credentials: NotRequired[pulumi.Input[str]]
    """USER:PASSWORD that may pull from a registry that asks, kept in a Secret of the gate's own namespace."""
    facts: NotRequired[AdmissionFacts]
    """What the registry knows of models; by default nothing is, and models that were not admitted before are denied."""


class AdmissionGateArgs(TypedDict):
    """What AdmissionGate takes."""

    ownership: Ownership
    """Who answers for it."""
    opa_image: pulumi.Input[str]
    """Image of Open Policy Agent, by digest, from the platform's registry."""
    certificates_image: pulumi.Input[str]
    """Image that keeps the gate's certificates (`headgate.gate.certificates`), by digest."""
    rules: dict[str, str]
    """Files that decide, by name: Rego, and `data.json` with catalogue, parameters and the cluster's environment. With
    `bundle` only what the cluster adds to it: environment and waivers."""
    bundle: NotRequired[AdmissionBundle]
    """The signed rules to pull; by default `rules` holds them all."""
    replicas: NotRequired[int]
    """OPA pods; 3 by default."""
    memory_mib: NotRequired[int]
    """Most that an OPA pod takes, in MiB; 512 by default, enough to know of some 4,000 versions of models."""
    audit: NotRequired[AdmissionAudit]
    """Where decisions are recorded; only the pods' own log by default."""
