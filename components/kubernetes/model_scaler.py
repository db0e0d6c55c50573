"""What adds and removes a model's pods: Kubernetes' autoscaler, or KEDA where requests decide.

Owns the choice between the two. KEDA itself is the cluster's: its definitions and its operator are none of a model's.
"""

from typing import Any

import pulumi
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler

from components.contract.deployment import ModelDeploymentArgs
from components.kubernetes import scaling
from components.kubernetes.objects import custom

# KEDA refuses what another autoscaler has, unless it is told to take that one over: what a model had until now.
_TAKES_OVER = {"scaledobject.keda.sh/transfer-hpa-ownership": "true"}


def make_scaler(name: str, args: ModelDeploymentArgs, metadata: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
    """Add and remove pods by requests where that is asked for, else by their CPU use or a figure of their own."""
    requests = args.get("scale_on_requests")
    if requests is None:
        HorizontalPodAutoscaler(
            f"{name}-autoscaler",
            metadata=metadata,
            spec={
                "scale_target_ref": scaling.target(args),
                "min_replicas": args["min_replicas"],
                "max_replicas": args["max_replicas"],
                "metrics": [scaling.metric(args)],
            },
            opts=opts,
        )
        return
    if "identity" in requests:
        custom(
            f"{name}-scaler-identity",
            scaling.KEDA,
            "TriggerAuthentication",
            metadata,
            scaling.authentication(requests["identity"]),
            opts,
        )
    custom(
        f"{name}-scaler",
        scaling.KEDA,
        "ScaledObject",
        {**metadata, "annotations": _TAKES_OVER},
        scaling.scaled_object(args, requests),
        opts,
    )
