"""RetrainingReceiver: what it may do, who may call it, and how its pod is run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import RetrainingReceiver

pytestmark = pytest.mark.unit

IMAGE = "hgplatformprod.azurecr.io/runtimes/retraining-receiver@sha256:" + "a" * 64
SELECTOR = {"app.kubernetes.io/name": "retraining-receiver"}


def receiver(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one receiver."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": {**ownership, "team": "fraud"},
            "namespace": "team-fraud",
            "image": IMAGE,
            "token": "shown",
            "ledger": {"url": "https://audit.example/v1/entries", "token": "writes"},
            **more,
        }
        return {"url": RetrainingReceiver("r", args).url}

    return program


def test_defaults_are_one_identity_with_three_rights(record: Any, ownership: dict[str, str]) -> None:
    """It lists pipelines and runs, makes runs, and keeps one ConfigMap, in its own namespace; no more."""
    recording = record(receiver(ownership))
    core, rbac = "kubernetes:core/v1", "kubernetes:rbac.authorization.k8s.io/v1"

    assert recording.outputs == {"url": "http://retraining-receiver.team-fraud.svc:8080"}
    assert recording.children() == {
        "r-account": f"{core}:ServiceAccount",
        "r-role": f"{rbac}:Role",
        "r-binding": f"{rbac}:RoleBinding",
        "r-network-policy": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "r-counts": f"{core}:ConfigMap",
        "r-access": f"{core}:Secret",
        "r-deployment": "kubernetes:apps/v1:Deployment",
        "r-disruption-budget": "kubernetes:policy/v1:PodDisruptionBudget",
        "r-service": f"{core}:Service",
    }
    assert recording.one(f"{rbac}:Role").inputs["rules"] == [
        {"apiGroups": ["batch"], "resources": ["cronjobs"], "verbs": ["list"]},
        {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create", "list"]},
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": ["retraining-counts"],
            "verbs": ["get", "patch"],
        },
    ]
    assert {each.inputs["metadata"]["namespace"] for each in recording.resources if "metadata" in each.inputs} == {
        "team-fraud"
    }
    assert recording.one(f"{core}:ConfigMap").ignored == ["data"]


def test_hardened_means_restricted_and_called_by_those_who_should(record: Any, ownership: dict[str, str]) -> None:
    """No token but the one that is bound to the pod; nobody in but Alertmanager's namespace and the gateway's."""
    recording = record(receiver(ownership))
    pod = recording.one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    border = recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs["spec"]
    (let_in,) = border["ingress"]

    assert (pod["automountServiceAccountToken"], pod["serviceAccountName"]) == (False, "retraining-receiver")
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["resources"]["requests"] == container["resources"]["limits"]
    assert container["args"] == [
        "--listen=0.0.0.0:8080",
        "--team=fraud",
        "--namespace=team-fraud",
        "--token-file=/access/token",
        "--ledger=https://audit.example/v1/entries",
        "--ledger-token-file=/access/ledger-token",
        "--credentials=/credentials",
    ]
    assert border["podSelector"] == {"matchLabels": SELECTOR}
    assert [each["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for each in let_in["from"]] == [
        "headgate-monitoring",
        "headgate-gateway",
    ]
    assert let_in["ports"] == [{"protocol": "TCP", "port": 8080}]
    assert "shown" not in str(pod)


def test_max_has_callers_and_an_authority_of_its_own(record: Any, ownership: dict[str, str]) -> None:
    """And as many pods as it is told."""
    ledger = {"url": "https://audit.example/v1/entries", "token": "writes", "authority": "PEM"}
    recording = record(receiver(ownership, ledger=ledger, callers=["alerting"], replicas=3))
    deployment = recording.one("kubernetes:apps/v1:Deployment").inputs["spec"]
    border = recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs["spec"]

    assert deployment["replicas"] == 3
    assert "--ledger-ca=/access/ledger-ca.crt" in deployment["template"]["spec"]["containers"][0]["args"]
    assert [row["namespaceSelector"]["matchLabels"] for row in border["ingress"][0]["from"]] == [
        {"kubernetes.io/metadata.name": "alerting"}
    ]
