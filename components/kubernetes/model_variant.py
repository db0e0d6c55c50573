"""Another version of a model beside its own: pods of a fixed number, and the name that they are reached by.

Owns the workload. Which requests come to it is decided by the routes.
"""

from typing import Any

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Service
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components import sizing
from components.contract.deployment import ModelDeploymentArgs
from components.contract.strategy import Variant
from components.kubernetes.model_pod import selector, service_ports, variant_template


def service_name(model: str, role: str) -> str:
    """Name the Service of a version beside the model's own."""
    return f"{model}-{role}"


def make_variant(
    name: str,
    role: str,
    args: ModelDeploymentArgs,
    variant: Variant,
    labels: dict[str, str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Run a version with the role `variant` or `fallback`."""
    found_by = selector(args["model"], role)
    metadata: dict[str, Any] = {
        "name": service_name(args["model"], role),
        "namespace": args["namespace"],
        "labels": labels | found_by,
    }
    deployment = Deployment(
        f"{name}-{role}",
        metadata={**metadata, "annotations": {"headgate.dev/model-version": variant["version"]}},
        spec={
            "replicas": variant["replicas"],
            "selector": {"match_labels": found_by},
            "strategy": {"type": "RollingUpdate", "rolling_update": {"max_unavailable": 0, "max_surge": 1}},
            "template": variant_template(args, variant, role),
        },
        opts=opts,
    )
    Service(
        f"{name}-{role}-service",
        metadata=metadata,
        spec={
            "type": "ClusterIP",
            "selector": found_by,
            "ports": service_ports(args),
        },
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[deployment])),
    )
    PodDisruptionBudget(
        f"{name}-{role}-disruption-budget",
        metadata=metadata,
        spec={
            "max_unavailable": sizing.may_be_unavailable(variant["replicas"]),
            "selector": {"match_labels": found_by},
        },
        opts=opts,
    )
