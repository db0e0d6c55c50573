"""What an autoscaler looks at, as documents. Pure but for the inputs passed through."""

from typing import Any

import pulumi

from components.contract.deployment import ModelDeploymentArgs
from components.contract.model_options import RequestScaling
from components.kubernetes import model_rollout

KEDA = "keda.sh/v1alpha1"
# Bad answers of Prometheus that KEDA bears before it keeps what there is.
_FAILURES = 3
_POLLING_SECONDS = 15


def target(args: ModelDeploymentArgs) -> dict[str, Any]:
    """Return what is scaled."""
    return {"api_version": model_rollout.API_VERSION, "kind": "Rollout", "name": args["model"]}


def metric(args: ModelDeploymentArgs) -> dict[str, Any]:
    """Return the metric of a model's autoscaler: a figure of its pods where one is named, else their CPU use.

    A figure of pods is read from the custom metrics API, which the Prometheus adapter answers; while nothing answers,
    the autoscaler keeps its minimum.
    """
    if "scale_on" in args:
        return {
            "type": "Pods",
            "pods": {
                "metric": {"name": args["scale_on"]["name"]},
                "target": {
                    "type": "AverageValue",
                    "average_value": pulumi.Output.from_input(args["scale_on"]["average"]).apply(str),
                },
            },
        }
    return {
        "type": "Resource",
        "resource": {
            "name": "cpu",
            "target": {"type": "Utilization", "average_utilization": args.get("target_cpu_percent", 60)},
        },
    }


def scaled_object(args: ModelDeploymentArgs, requests: RequestScaling) -> dict[str, Any]:
    """Return a ScaledObject: pods by requests, none where nobody asks and none are kept.

    While Prometheus does not answer, no pod goes, and a model that had none gets one: an outage of the measurements is
    none of the model.
    """
    trigger: dict[str, Any] = {
        "type": "prometheus",
        "metric_type": "AverageValue",
        "metadata": {
            "serverAddress": requests["prometheus"],
            "query": requests.get("query", _requests(args["model"], requests["region"])),
            "threshold": str(requests["requests_per_second"]),
            "activationThreshold": "0",
            # Of a model that nobody ever asked there is no figure: that is no failure.
            "ignoreNullValues": "true",
        },
    }
    if "identity" in requests:
        trigger["authentication_ref"] = {"name": args["model"]}
    return {
        "scale_target_ref": target(args),
        "min_replica_count": args["min_replicas"],
        "max_replica_count": args["max_replicas"],
        "polling_interval": _POLLING_SECONDS,
        "cooldown_period": requests.get("idle_seconds", 600),
        "fallback": {
            "failure_threshold": _FAILURES,
            "replicas": max(1, args["min_replicas"]),
            "behavior": "currentReplicasIfHigher",
        },
        # The name that the autoscaler by CPU use has: KEDA takes that one over.
        "advanced": {"horizontal_pod_autoscaler_config": {"name": args["model"]}},
        "triggers": [trigger],
    }


def authentication(identity: pulumi.Input[str]) -> dict[str, Any]:
    """Return a TriggerAuthentication: KEDA asks as a workload identity, without a secret."""
    return {"pod_identity": {"provider": "azure-workload", "identity_id": identity}}


def _requests(model: str, region: str) -> str:
    """Count what comes to the gateway, whether or not a pod is there; a shadow's copies are no requests."""
    counted = f'model="{model}",region="{region}",protocol!="shadow"'
    return f"sum(rate(headgate_inference_requests_total{{{counted}}}[2m]))"
