"""AdmissionGate: what a cluster is given, and how it is kept from locking itself out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import AdmissionGate

pytestmark = pytest.mark.unit

OPA = "hgplatformprod.azurecr.io/policy/opa@sha256:" + "a" * 64
CERTIFICATES = "hgplatformprod.azurecr.io/platform/gate-certificates@sha256:" + "b" * 64
RULES = {"lib/view.rego": "package lib.view\n", "data.json": "{}"}


def gate(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one gate."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": ownership,
            "opa_image": OPA,
            "certificates_image": CERTIFICATES,
            "rules": RULES,
            **more,
        }
        made = AdmissionGate("g", args)
        return {"webhook": made.webhook, "digest": made.rules_digest}

    return program


@pytest.fixture
def made(record: Callable[..., Any], ownership: dict[str, str]) -> Any:
    """Return what a gate with its defaults registers."""
    return record(gate(ownership))


def test_the_gate_is_all_that_a_cluster_needs(made: Any) -> None:
    """By name and type."""
    assert made.children() == {
        "g-namespace": "kubernetes:core/v1:Namespace",
        "g-default-deny": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "g-allow-dns": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "g-traffic": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "g-certificates-account": "kubernetes:core/v1:ServiceAccount",
        "g-certificates-role": "kubernetes:rbac.authorization.k8s.io/v1:Role",
        "g-certificates-binding": "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
        "g-webhook-role": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
        "g-webhook-binding": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
        "g-certificates": "kubernetes:apps/v1:Deployment",
        "g-account": "kubernetes:core/v1:ServiceAccount",
        "g-rules": "kubernetes:core/v1:ConfigMap",
        "g-config": "kubernetes:core/v1:ConfigMap",
        "g-opa": "kubernetes:apps/v1:Deployment",
        "g-disruption-budget": "kubernetes:policy/v1:PodDisruptionBudget",
        "g-service": "kubernetes:core/v1:Service",
        "g-webhook": "kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration",
    }
    assert made.outputs["webhook"]


def test_the_webhook_is_closed_and_leaves_out_only_the_clusters_own(made: Any) -> None:
    """No team's namespace can be named so as to escape it."""
    webhook = made.one("kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration").inputs["webhooks"][
        0
    ]

    assert {key: webhook[key] for key in ("failurePolicy", "sideEffects", "matchPolicy", "clientConfig")} == {
        "failurePolicy": "Fail",
        "sideEffects": "NoneOnDryRun",
        "matchPolicy": "Equivalent",
        "clientConfig": {"service": {"namespace": "headgate-gate", "name": "opa", "path": "/", "port": 443}},
    }
    assert (webhook["namespaceSelector"], webhook["rules"]) == (
        {
            "matchExpressions": [
                {
                    "key": "kubernetes.io/metadata.name",
                    "operator": "NotIn",
                    "values": ["kube-system", "headgate-gate"],
                }
            ]
        },
        [
            {
                "apiGroups": ["*"],
                "apiVersions": ["*"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["*", "pods/ephemeralcontainers"],
                "scope": "*",
            },
            {
                "apiGroups": ["*"],
                "apiVersions": ["*"],
                "operations": ["DELETE"],
                "resources": ["namespaces", "customresourcedefinitions"],
                "scope": "*",
            },
            {
                "apiGroups": ["*"],
                "apiVersions": ["*"],
                "operations": ["CONNECT"],
                "resources": [
                    "pods/exec",
                    "pods/attach",
                    "pods/portforward",
                    "pods/proxy",
                    "services/proxy",
                    "nodes/proxy",
                ],
                "scope": "*",
            },
        ],
    )


def test_opa_is_told_to_answer_nobody_without_leave(made: Any) -> None:
    """Authentication and authorization are on, TLS is, and the rules are files."""
    container = made.one("kubernetes:apps/v1:Deployment", "g-opa").inputs["spec"]["template"]["spec"]["containers"][0]

    assert {
        "--authentication=token",
        "--authorization=basic",
        "--tls-cert-file=/tls/tls.crt",
        "--tls-private-key-file=/tls/tls.key",
        "--config-file=/config/config.json",
        "/rules",
    } <= set(container["args"])
    assert (container["image"], container["securityContext"]["readOnlyRootFilesystem"]) == (OPA, True)


def test_opa_is_there_three_times_and_has_no_token(made: Any) -> None:
    """A node or a zone may go."""
    spec = made.one("kubernetes:apps/v1:Deployment", "g-opa").inputs["spec"]
    budget = made.one("kubernetes:policy/v1:PodDisruptionBudget").inputs["spec"]

    assert (spec["replicas"], budget["maxUnavailable"], spec["template"]["spec"]["automountServiceAccountToken"]) == (
        3,
        1,
        False,
    )


def test_new_rules_are_new_files_and_new_pods(record: Callable[..., Any], ownership: dict[str, str], made: Any) -> None:
    """No pod ever sees half of a change."""
    other = record(gate(ownership, rules={**RULES, "data.json": '{"a": 1}'}))
    names = [each.one("kubernetes:core/v1:ConfigMap", "g-rules").inputs["metadata"]["name"] for each in (made, other)]
    pods = [
        each.one("kubernetes:apps/v1:Deployment", "g-opa").inputs["spec"]["template"]["metadata"]["annotations"]
        for each in (made, other)
    ]

    assert (len(set(names)), pods[0]["headgate.dev/rules"] == pods[1]["headgate.dev/rules"]) == (2, False)
    assert made.one("kubernetes:core/v1:ConfigMap", "g-rules").inputs["data"] == {
        "lib.view.rego": "package lib.view\n",
        "data.json": "{}",
    }


def test_decisions_go_where_they_are_recorded(record: Callable[..., Any], ownership: dict[str, str]) -> None:
    """The address is configuration, the token a Secret that is read from a file."""
    made = record(gate(ownership, audit={"url": "https://audit.example.com/v1/opa", "token": "t0ken"}))
    config = json.loads(made.one("kubernetes:core/v1:ConfigMap", "g-config").inputs["data"]["config.json"])
    pod = made.one("kubernetes:apps/v1:Deployment", "g-opa").inputs["spec"]["template"]["spec"]

    assert (config["services"], config["decision_logs"]["service"], config["default_decision"]) == (
        {"audit": {"url": "https://audit.example.com/v1/opa"}},
        "audit",
        "main/admission/response",
    )
    assert "--set=services.audit.credentials.bearer.token_path=/audit/token" in pod["containers"][0]["args"]
    assert made.one("kubernetes:core/v1:Secret").inputs["stringData"] == {"token": "t0ken"}


def test_new_configuration_has_a_new_name(record: Callable[..., Any], ownership: dict[str, str]) -> None:
    """Under one name it would have to be deleted first, and with it the pods that decide until the new ones do."""
    names = [
        record(gate(ownership, rules={"data.json": "{}"}, audit={"url": url, "token": "t0ken"}))
        .one("kubernetes:core/v1:ConfigMap", "g-config")
        .inputs["metadata"]["name"]
        for url in ("https://a.example.com/v1/opa", "https://b.example.com/v1/opa")
    ]

    assert [len(name) for name in names] == [len("opa-config-") + 12] * 2
    assert names[0] != names[1]


def test_signed_rules_are_pulled_by_digest_and_believed_for_their_key(
    record: Callable[..., Any], ownership: dict[str, str]
) -> None:
    """Beside the audit's service stands the registry's; its credentials are a Secret that is read from a file."""
    reference = "hgplatformprod.azurecr.io/policy/rules@sha256:" + "c" * 64
    facts = {"reference": "hgplatformprod.azurecr.io/policy/facts:now", "key": "OTHER PEM"}
    bundle = {"reference": reference, "key": "PEM", "credentials": "reader:s3cret", "facts": facts}
    audit = {"url": "https://audit.example.com/v1/opa", "token": "t0ken"}
    made = record(gate(ownership, rules={"data.json": "{}"}, audit=audit, bundle=bundle))
    config = json.loads(made.one("kubernetes:core/v1:ConfigMap", "g-config").inputs["data"]["config.json"])
    pod = made.one("kubernetes:apps/v1:Deployment", "g-opa").inputs["spec"]["template"]["spec"]

    assert (config["services"], config["bundles"], config["keys"]) == (
        {
            "audit": {"url": "https://audit.example.com/v1/opa"},
            "registry": {"url": "https://hgplatformprod.azurecr.io", "type": "oci"},
        },
        {
            "rules": {
                "service": "registry",
                "resource": reference,
                "polling": {"min_delay_seconds": 60, "max_delay_seconds": 120},
                "signing": {"keyid": "headgate"},
            },
            "facts": {
                "service": "registry",
                "resource": facts["reference"],
                "polling": {"min_delay_seconds": 1, "max_delay_seconds": 3},
                "signing": {"keyid": "headgate-facts"},
            },
        },
        {
            "headgate": {"algorithm": "ES256", "key": "PEM"},
            "headgate-facts": {"algorithm": "ES256", "key": "OTHER PEM"},
        },
    )
    assert (config["status"], made.outputs["digest"]) == ({"prometheus": True}, "sha256:" + "c" * 64)
    assert "s3cret" not in json.dumps([config, pod])
    assert made.one("kubernetes:core/v1:Secret", "g-registry").inputs["stringData"] == {"credentials": "reader:s3cret"}
    assert "--set=services.registry.credentials.bearer.token_path=/registry/credentials" in pod["containers"][0]["args"]
    assert [volume["name"] for volume in pod["volumes"]] == ["rules", "config", "tls", "audit", "scratch", "registry"]


def test_the_keeper_of_certificates_may_touch_one_secret_and_one_webhook(made: Any) -> None:
    """Nothing else in the cluster."""
    role = made.one("kubernetes:rbac.authorization.k8s.io/v1:Role").inputs["rules"]
    cluster = made.one("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole").inputs["rules"]

    assert ([(rule.get("resourceNames"), rule["verbs"]) for rule in role], cluster) == (
        [(None, ["create"]), (["opa-tls"], ["get", "patch"])],
        [
            {
                "apiGroups": ["admissionregistration.k8s.io"],
                "resources": ["validatingwebhookconfigurations"],
                "resourceNames": ["headgate-admission"],
                "verbs": ["get", "patch"],
            }
        ],
    )
