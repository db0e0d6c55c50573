"""LedgerService: what it may do, who may call it, and how its pod is run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import LedgerService

pytestmark = pytest.mark.unit

CORE, NETWORKING = "kubernetes:core/v1", "kubernetes:networking.k8s.io/v1"
IMAGE = "hgplatformprod.azurecr.io/runtimes/ledger@sha256:" + "a" * 64


def service(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one writer."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": ownership,
            "image": IMAGE,
            "ledger": "azblob://hgaudit/ledger",
            "client_id": "an identity",
            "signing_key": "signs",
            "token": "writes",
            "certificate": {"certificate": "pem", "key": "pem"},
            **more,
        }
        return {"url": LedgerService("l", args).url}

    return program


def test_defaults_are_a_closed_namespace_with_one_identity_and_no_right_in_the_cluster(
    record: Any, ownership: dict[str, str]
) -> None:
    """It asks nothing of the API server: there is neither role nor token of its own."""
    recording = record(service(ownership))
    account = recording.one(f"{CORE}:ServiceAccount").inputs

    assert recording.outputs == {"url": "https://ledger.headgate-ledger.svc"}
    assert recording.children() == {
        "l-namespace": f"{CORE}:Namespace",
        "l-default-deny": f"{NETWORKING}:NetworkPolicy",
        "l-allow-dns": f"{NETWORKING}:NetworkPolicy",
        "l-traffic": f"{NETWORKING}:NetworkPolicy",
        "l-account": f"{CORE}:ServiceAccount",
        "l-access": f"{CORE}:Secret",
        "l-certificate": f"{CORE}:Secret",
        "l-deployment": "kubernetes:apps/v1:Deployment",
        "l-disruption-budget": "kubernetes:policy/v1:PodDisruptionBudget",
        "l-service": f"{CORE}:Service",
    }
    assert account["metadata"]["annotations"] == {"azure.workload.identity/client-id": "an identity"}
    assert account["automountServiceAccountToken"] is False


def test_hardened_means_restricted_and_with_no_secret_in_what_describes_the_pod(
    record: Any, ownership: dict[str, str]
) -> None:
    """Keys and tokens are files; it writes on one scratch volume; what it says is spoken over TLS alone."""
    recording = record(service(ownership, read_token="reads"))
    template = recording.one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"]
    (container,) = template["spec"]["containers"]

    assert template["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    assert template["spec"]["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["resources"]["requests"] == container["resources"]["limits"]
    assert container["args"] == [
        "--ledger=azblob://hgaudit/ledger",
        "--bind-address=0.0.0.0",
        "--port=8443",
        "--token-file=/access/token",
        "--read-token-file=/access/read-token",
        "--tls-cert=/tls/tls.crt",
        "--tls-key=/tls/tls.key",
    ]
    assert [mount["name"] for mount in container["volumeMounts"] if not mount.get("readOnly")] == ["work"]
    assert {probe["httpGet"]["scheme"] for probe in (container["readinessProbe"], container["livenessProbe"])} == {
        "HTTPS"
    }


def test_it_is_called_by_whom_it_names_and_by_nobody_else(record: Any, ownership: dict[str, str]) -> None:
    """The gate and the cluster's own monitoring by default; out it goes to storage and identity alone."""

    def border(**more: Any) -> dict[str, Any]:
        found = record(service(ownership, **more)).one(f"{NETWORKING}:NetworkPolicy", "l-traffic")
        return dict(found.inputs["spec"])

    def let_in(spec: dict[str, Any]) -> list[Any]:
        (rule,) = spec["ingress"]
        assert rule["ports"] == [{"protocol": "TCP", "port": 8443}]
        return [
            each["ipBlock"]["cidr"]
            if "ipBlock" in each
            else each["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
            for each in rule["from"]
        ]

    assert let_in(border()) == ["headgate-gate", "headgate-monitoring"]
    assert let_in(border(callers=["team-fraud"], networks=["10.1.0.0/16"])) == ["team-fraud", "10.1.0.0/16"]
    assert border()["egress"] == [{"ports": [{"protocol": "TCP", "port": 443}]}]
