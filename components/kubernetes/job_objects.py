"""What stands beside a job in the namespace: an identity of its own, and a border with a door to its data."""

from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy


def job_account(
    name: str, metadata: dict[str, Any], client_id: pulumi.Input[str] | None, opts: pulumi.ResourceOptions
) -> ServiceAccount:
    """Make the job's identity: what scores or trains shares none with what serves."""
    annotations = {} if client_id is None else {"annotations": {"azure.workload.identity/client-id": client_id}}
    return ServiceAccount(
        f"{name}-account",
        metadata={**metadata, **annotations},
        automount_service_account_token=False,
        opts=opts,
    )


def job_border(
    name: str,
    metadata: dict[str, Any],
    selector: dict[str, str],
    networks: list[str],
    opts: pulumi.ResourceOptions,
) -> NetworkPolicy:
    """Let nobody in, and the job out to its data alone."""
    spec: dict[str, Any] = {"pod_selector": {"match_labels": selector}, "policy_types": ["Ingress", "Egress"]}
    if networks:
        spec["egress"] = [
            {
                "to": [{"ip_block": {"cidr": network}} for network in networks],
                "ports": [{"protocol": "TCP", "port": 443}],
            }
        ]
    return NetworkPolicy(f"{name}-network-policy", metadata=metadata, spec=spec, opts=opts)
