"""What is in every cluster before a team comes, and a team's place there."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import Namespace

from components import names
from components.kubernetes.labels import labels
from headgate.policy.bundle import Bundle
from whole_catalogue import telemetry
from whole_catalogue.asked import (
    ADDS,
    EDITORS,
    ENVIRONMENT,
    IDENTITY,
    LEFT_OUT,
    OTHERS,
    PLACE,
    PUBLISHED,
    REGIONS,
    SITE,
    TEAM,
    VIEWERS,
    Fixed,
    Table,
    Turned,
    ownership,
)
from whole_catalogue.content import FIRST, SECOND, program

POLICIES = Path(__file__).resolve().parents[3] / "policies"
MONITORING = "monitoring"
_PRIVILEGED = "it works on the node itself: tests/component/region/test_device_plugin.py has it on real API servers"


def link(region: str) -> str:
    """Name a region's private link service."""
    return names.private_link(ENVIRONMENT, region)


def _image(name: str) -> Turned:
    return Turned(program(name, FIRST), program(name, SECOND))


@cache
def _rules() -> dict[str, str]:
    return Bundle.find(POLICIES).admission_files(ENVIRONMENT)


def gate() -> Table:
    """Return the gate, with the rules of the environment as files."""
    told = {
        "url": os.environ.get("HEADGATE_AUDIT_URL", "https://audit.example.com/v1/opa"),
        "token": pulumi.Output.secret("the token of a collector"),
    }
    return {
        "ownership": ownership("platform"),
        "opa_image": _image("opa"),
        "certificates_image": _image("gate-certificates"),
        "rules": Turned(_rules(), {**_rules(), "lib/more.rego": "package headgate.more\n"}),
        "bundle": Fixed(LEFT_OUT, "a gate has files or a bundle; tests/sandbox/test_gate_facts.py has the other"),
        "replicas": Turned(2, 3),
        "memory_mib": Turned(512, 640),
        "audit": Turned(LEFT_OUT, told),
    }


def delivery() -> Table:
    """Return the controller of new versions."""
    return {
        "ownership": ownership("platform"),
        "image": _image("rollouts-controller"),
        "replicas": Turned(1, 2),
    }


def ledger(client_id: Any) -> Table:
    """Return the ledger's writer; that it writes is tests/component/region/test_ledger_service.py's."""
    pair = {name: pulumi.Output.secret(f"a simulated {name}") for name in ("certificate", "key")}
    return {
        "ownership": ownership("platform"),
        "image": _image("simulated-ledger"),
        "ledger": Turned("azblob://hgaudit/ledger", "azblob://hgaudit/ledger/next"),
        "client_id": Fixed(client_id, PLACE),
        "signing_key": Turned(pulumi.Output.secret("first"), pulumi.Output.secret("second")),
        "token": Turned(pulumi.Output.secret("first"), pulumi.Output.secret("second")),
        "read_token": Turned(LEFT_OUT, pulumi.Output.secret("of a reader")),
        "certificate": Turned(pair, {**pair, "certificate": pulumi.Output.secret("another")}),
        "callers": Turned(LEFT_OUT, ["headgate-gate", names.namespace(TEAM)]),
        "networks": Turned(LEFT_OUT, ["10.90.0.0/16"]),
        "replicas": Turned(1, 2),
    }


def figures(region: str, prometheus: Any) -> Table:
    """Return what answers for figures of pods."""
    return {
        "ownership": ownership("platform"),
        "region": Fixed(region, PLACE),
        "image": _image("prometheus-adapter"),
        "certificates_image": _image("gate-certificates"),
        "prometheus": Fixed(prometheus, PLACE),
        "figures": Turned(LEFT_OUT, ["headgate_tokens_in_flight", "headgate_inference_in_flight"]),
        "replicas": Turned(1, 2),
    }


def gateway(place: str) -> Table:
    """Return the way into models: behind a private link in a region, by an address of its own at the site."""
    public = {
        "public": Turned(LEFT_OUT, True),
        "clients": Turned(LEFT_OUT, ["203.0.113.0/24"]),
        "private_link_name": Fixed(LEFT_OUT, ADDS),
    }
    private = {
        "public": Fixed(LEFT_OUT, ADDS),
        "clients": Fixed(LEFT_OUT, ADDS),
        "private_link_name": Fixed(link(place), IDENTITY),
    }
    return {
        "ownership": ownership("platform"),
        "image": _image("gateway"),
        "replicas": Turned(1, 2),
        "private_link_subnet": Fixed(LEFT_OUT, PLACE),
        **(public if place == SITE else private),
    }


def baseline() -> Table:
    """Return what every cluster has, with the plugin that offers GPUs."""
    return {
        "ownership": ownership("platform"),
        "device_plugin_image": Fixed(LEFT_OUT, _PRIVILEGED),
        "sliced": Fixed(LEFT_OUT, _PRIVILEGED),
    }


def priorities() -> Table:
    """Return the classes by which work waits."""
    return {"ownership": ownership("platform")}


def monitoring(region: str) -> Table:
    """Return what is scraped."""
    return {
        "ownership": ownership("platform"),
        "cluster": Fixed(names.cluster(ENVIRONMENT, region), IDENTITY),
        "region": Fixed(region, PLACE),
    }


def nodes() -> Table:
    """Return nodes that come when pods wait."""
    cpu = {"sizes": ["Standard_D4s_v5", "Standard_D8s_v5"], "max_cpus": 64, "consolidate_after_seconds": 30}
    gpu = {"sizes": ["Standard_NC24ads_A100_v4"], "max_cpus": 24, "max_gpus": 1}
    more = {"spot": True, "expire_hours": 24, "consolidate_after_seconds": 60}
    return {
        "ownership": ownership("platform"),
        "node_class": Fixed(
            {"api_version": "karpenter.kwok.sh/v1alpha1", "kind": "KWOKNodeClass", "settings": {}}, IDENTITY
        ),
        "cpu": Turned(cpu, {**cpu, **more, "max_cpus": 96}),
        "gpu": Turned(gpu, {**gpu, **more, "max_cpus": 48, "max_gpus": 2}),
    }


def namespace(provider: pulumi.ProviderResource, after: list[pulumi.Resource], region: str) -> pulumi.Resource:
    """Make the namespace of a cluster's own Prometheus: whoever runs that brings it, and no component does."""
    return Namespace(
        f"space-{region}",
        metadata={
            "name": MONITORING,
            "labels": {**labels(ownership("platform").before), "pod-security.kubernetes.io/enforce": "restricted"},
        },
        opts=pulumi.ResourceOptions(provider=provider, depends_on=after),
    )


def alerting() -> Table:
    """Return what a cluster judges by itself, and whom it tells."""
    call = {
        "team": TEAM,
        "url": "http://retraining.team-fraud.svc",
        "token": pulumi.Output.secret("of the receiver"),
        "models": ["canary"],
        "alerts": ["ModelFeatureDrift"],
    }
    return {
        "ownership": ownership("platform"),
        "namespace": Fixed(MONITORING, PLACE),
        "regions": Turned([REGIONS[0]], list(REGIONS)),
        "standby": Turned(LEFT_OUT, [REGIONS[1]]),
        "escalation": Turned(*telemetry.chains("webhooks")),
        "mail": Turned(LEFT_OUT, {"server": "smtp.example.com:587", "sender": "alerts@example.com"}),
        "dead_man": Turned(
            {"url": "https://watch.example.com/v1/heard/a"},
            {"url": "https://watch.example.com/v1/heard/b", "token": pulumi.Output.secret("of the switch")},
        ),
        "ledger": Turned(
            LEFT_OUT,
            {
                "url": "https://audit.example.com/v1/alertmanager/every",
                "token": pulumi.Output.secret("of the collector"),
            },
        ),
        "training": Turned(LEFT_OUT, [call]),
        "quiet_hours": telemetry.QUIET,
        "dashboards": Turned(before=False, after=True),
        "runbooks": Fixed(PUBLISHED, "the gate lets no alert through whose runbook is elsewhere"),
    }


def tenancy(client_id: Any) -> Table:
    """Return a team's namespace."""
    return {
        "ownership": ownership(TEAM),
        "quota": Turned(
            {"cpu": "40", "memory": "80Gi", "gpus": 2, "pods": 60},
            {"cpu": "60", "memory": "120Gi", "gpus": 3, "pods": 80, "storage": "1Gi"},
        ),
        "edit_groups": Turned([EDITORS], [OTHERS]),
        "view_groups": Turned([VIEWERS], [VIEWERS, EDITORS]),
        "service_accounts": Turned(LEFT_OUT, ["others"]),
        "client_id": Turned(LEFT_OUT, client_id) if client_id is not None else Fixed(LEFT_OUT, "a site has no cloud"),
        "protect": Turned(before=True, after=False),
    }
