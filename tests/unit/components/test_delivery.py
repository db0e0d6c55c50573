"""ProgressiveDelivery: the kinds, the controller, and how little it may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import ProgressiveDelivery
from components.kubernetes.definitions import FAMILIES, definitions, family
from components.kubernetes.objects import camel
from headgate.sandbox.toolchain import tool

pytestmark = pytest.mark.unit

IMAGE = "hgplatformprod.azurecr.io/runtimes/rollouts-controller@sha256:" + "a" * 64
DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"


def delivery(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one controller."""

    def program() -> dict[str, Any]:
        args: Any = {"ownership": ownership, "image": IMAGE, **more}
        return {"controller": ProgressiveDelivery("d", args).controller}

    return program


def test_the_definitions_are_those_of_the_pinned_programs() -> None:
    """A controller of another version than its kinds would misread them; the others a cluster's add-ons bring."""
    assert {name: family(name)["version"] for name in FAMILIES} == {
        "argo-rollouts": tool("rollouts-controller").version,
        "azure-monitor": "v0.85.0",
        "karpenter": tool("karpenter").version,
        "keda": "v2.20.2",
        "policy-report": "v1.13.4",
        "prometheus-operator": "v0.85.0",
    }


def test_defaults(record: Any, ownership: dict[str, str]) -> None:
    """Five kinds, a closed namespace, an identity with rights, two pods, and a name for their metrics."""
    recording = record(delivery(ownership))

    assert recording.children() == {
        **{f"d-{each['spec']['names']['plural']}": DEFINITION for each in definitions("argo-rollouts")},
        "d-namespace": "kubernetes:core/v1:Namespace",
        "d-default-deny": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "d-allow-dns": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "d-traffic": "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        "d-account": "kubernetes:core/v1:ServiceAccount",
        "d-role": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
        "d-binding": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
        "d-own-role": "kubernetes:rbac.authorization.k8s.io/v1:Role",
        "d-own-binding": "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
        "d-configuration": "kubernetes:core/v1:ConfigMap",
        "d-deployment": "kubernetes:apps/v1:Deployment",
        "d-disruption-budget": "kubernetes:policy/v1:PodDisruptionBudget",
        "d-service": "kubernetes:core/v1:Service",
    }
    assert recording.outputs == {"controller": "rollouts"}
    assert recording.one("kubernetes:apps/v1:Deployment").inputs["spec"]["replicas"] == 2


def test_max(record: Any, ownership: dict[str, str]) -> None:
    """As many pods as were asked for; a disruption takes a quarter of them."""
    recording = record(delivery(ownership, replicas=5))

    assert recording.one("kubernetes:apps/v1:Deployment").inputs["spec"]["replicas"] == 5
    assert recording.one("kubernetes:policy/v1:PodDisruptionBudget").inputs["spec"]["maxUnavailable"] == 1


def test_hardened(record: Any, ownership: dict[str, str]) -> None:
    """Nothing to gain in the pod, a token of an hour, and no Secret of anybody else."""
    recording = record(delivery(ownership))
    pod = recording.one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["image"] == IMAGE
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["args"] == [
        "--kubeconfig=/client/kubeconfig",
        "--nginx-ingress-classes=headgate",
        "--metricsPort=8090",
        "--healthzPort=8080",
        "--leader-elect=true",
        "--logformat=json",
    ]
    rules = recording.one("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole").inputs["rules"]
    everywhere = {resource for rule in rules for resource in rule["resources"]}
    assert {"secrets", "configmaps", "*", "deployments"} & everywhere == set()
    assert "*" not in {verb for rule in rules for verb in rule["verbs"]}


def test_fields_are_spelt_as_kubernetes_does_and_free_keys_stay() -> None:
    """Labels, quantities and commands are data, not fields."""
    assert camel(
        {
            "max_surge": 1,
            "match_labels": {"app.kubernetes.io/name": "x", "nvidia.com/gpu": "1"},
            "empty_dir": {},
            "left_out": None,
            "args": ["--set=a_b"],
        }
    ) == {
        "maxSurge": 1,
        "matchLabels": {"app.kubernetes.io/name": "x", "nvidia.com/gpu": "1"},
        "emptyDir": {},
        "args": ["--set=a_b"],
    }
