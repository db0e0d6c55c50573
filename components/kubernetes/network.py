"""Network policies that several components need: nothing by default, names and metrics for all."""

from typing import Any

import pulumi
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components import names
from components.monitoring import collector

GATEWAY_NAMESPACE = names.GATEWAY_NAMESPACE
INGRESS_CLASS = "headgate"
# Where pods may be asked for their metrics; a port by name is each pod's own.
_METRICS_PORTS: list[dict[str, Any]] = [{"protocol": "TCP", "port": name} for name in ("http", "metrics")]


def default_deny(
    name: str, namespace: pulumi.Input[str], labels: dict[str, str], opts: pulumi.ResourceOptions
) -> NetworkPolicy:
    """Forbid all traffic of a namespace that nothing else allows."""
    return NetworkPolicy(
        f"{name}-default-deny",
        metadata={"name": "default-deny", "namespace": namespace, "labels": labels},
        spec={"pod_selector": {}, "policy_types": ["Ingress", "Egress"]},
        opts=opts,
    )


def allow_names(
    name: str, namespace: pulumi.Input[str], labels: dict[str, str], opts: pulumi.ResourceOptions
) -> NetworkPolicy:
    """Allow a namespace's pods to resolve names, and nothing else."""
    return NetworkPolicy(
        f"{name}-allow-dns",
        metadata={"name": "allow-dns", "namespace": namespace, "labels": labels},
        spec={
            "pod_selector": {},
            "policy_types": ["Egress"],
            "egress": [
                {
                    "to": [
                        {
                            "namespace_selector": in_namespace("kube-system"),
                            "pod_selector": {"match_labels": {"k8s-app": "kube-dns"}},
                        }
                    ],
                    "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")],
                }
            ],
        },
        opts=opts,
    )


def allow_monitoring(
    name: str, namespace: pulumi.Input[str], labels: dict[str, str], opts: pulumi.ResourceOptions
) -> NetworkPolicy:
    """Let the collector's pods read a namespace's metrics, and reach no other port."""
    return NetworkPolicy(
        f"{name}-allow-monitoring",
        metadata={"name": "allow-monitoring", "namespace": namespace, "labels": labels},
        spec={
            "pod_selector": {},
            "policy_types": ["Ingress"],
            "ingress": [
                {
                    "from": [
                        {
                            "namespace_selector": in_namespace(collector.NAMESPACE),
                            "pod_selector": {"match_labels": pods},
                        }
                        for pods in collector.PODS
                    ],
                    "ports": _METRICS_PORTS,
                }
            ],
        },
        opts=opts,
    )


def in_namespace(namespace: str) -> dict[str, Any]:
    """Return the selector of one namespace."""
    return {"match_labels": {"kubernetes.io/metadata.name": namespace}}


def to_ledger() -> dict[str, Any]:
    """Return the way out to the ledger's writer in the same cluster: its pods' port counts, not the Service's."""
    return {
        "to": [{"namespace_selector": in_namespace(names.LEDGER_NAMESPACE)}],
        "ports": [{"protocol": "TCP", "port": names.LEDGER_PORT}],
    }
