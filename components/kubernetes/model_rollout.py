"""A model's Rollout as a document: its strategy, what it measures, and what an update waits for. Pure: no Pulumi."""

from typing import Any

from components.contract.deployment import ModelDeploymentArgs
from components.contract.strategy import Analysis, BlueGreen, Canary, Strategy
from components.kubernetes import model_analysis, model_routes
from components.kubernetes.model_pod import pod_template, selector

API_VERSION = "argoproj.io/v1alpha1"
# Seconds within which new pods must get ready, before a rollout is given up.
PROGRESS_SECONDS = 600


def rollout(args: ModelDeploymentArgs) -> dict[str, Any]:
    """Return the spec; it says no replicas, which are the autoscaler's field from the first moment on."""
    return {
        "selector": {"match_labels": selector(args["model"])},
        "strategy": _strategy(args),
        "template": pod_template(args),
        "revision_history_limit": 5,
        # Going back to what served lately is no experiment: it takes no steps.
        "rollback_window": {"revisions": 3},
        "progress_deadline_seconds": PROGRESS_SECONDS + _judged_seconds(args.get("strategy", {})),
        "progress_deadline_abort": True,
    }


def canary_service(model: str) -> str:
    """Name the Service of the version that is taking over."""
    return f"{model}-canary"


def preview_service(model: str) -> str:
    """Name the Service of the version that stands ready."""
    return f"{model}-preview"


def waiting(strategy: Strategy) -> dict[str, str]:
    """Return the annotations by which an update waits: for the takeover, or for pods where a person decides on it."""
    seconds = _takeover_seconds(strategy)
    wanted = "condition=Available" if seconds is None else "jsonpath={.status.phase}=Healthy"
    return {
        "pulumi.com/waitFor": wanted,
        "pulumi.com/timeoutSeconds": str(PROGRESS_SECONDS + (seconds or 0)),
        # The controller and the autoscaler write this object whole; what is ours stays ours.
        "pulumi.com/patchForce": "true",
    }


def _takeover_seconds(strategy: Strategy) -> int | None:
    """Return how long a takeover pauses; None where it waits for a person."""
    if "canary" in strategy:
        pauses = [step.get("pause_seconds") for step in strategy["canary"]["steps"]]
        return None if None in pauses else sum(pause or 0 for pause in pauses)
    if "bluegreen" in strategy:
        promote = strategy["bluegreen"].get("promote_seconds")
        return None if promote is None else promote + _judged_seconds(strategy)
    return 0


def _judged_seconds(strategy: Strategy) -> int:
    """Return how long a takeover waits for its analysis to end, which is no time without progress."""
    judged = strategy.get("bluegreen", {}).get("analysis")
    return 0 if judged is None else model_analysis.seconds(judged)


def _strategy(args: ModelDeploymentArgs) -> dict[str, Any]:
    strategy = args.get("strategy", {})
    version = [{"name": "version", "value": args["version"]}]
    if "canary" in strategy:
        return {"canary": _canary(args, strategy["canary"], version)}
    if "bluegreen" in strategy:
        return {"blue_green": _blue_green(args["model"], strategy["bluegreen"], version)}
    return {"canary": _POD_BY_POD}


_POD_BY_POD: dict[str, Any] = {"max_unavailable": 0, "max_surge": 1}


def _canary(args: ModelDeploymentArgs, canary: Canary, version: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a canary whose share of the requests the gateway gives it, whatever the number of its pods."""
    model = args["model"]
    steps: list[dict[str, Any]] = []
    for step in canary["steps"]:
        pause = step.get("pause_seconds")
        steps += [{"set_weight": step["weight"]}, {"pause": {"duration": f"{pause}s"} if pause else {}}]
    document = {
        **_POD_BY_POD,
        "stable_service": model,
        "canary_service": canary_service(model),
        "traffic_routing": {"nginx": _divided(args)},
        "steps": steps,
    }
    if "analysis" in canary:
        # From the first share of requests on.
        document["analysis"] = {"templates": [{"template_name": model}], "starting_step": 1, "args": version}
    return document


def _divided(args: ModelDeploymentArgs) -> dict[str, Any]:
    """Return the ways whose requests are divided: by gRPC in the same shares."""
    model = args["model"]
    if "grpc_host" not in args:
        return {"stable_ingress": model}
    return {"stable_ingresses": [model, model_routes.grpc_name(model)]}


def _blue_green(model: str, bluegreen: BlueGreen, version: list[dict[str, Any]]) -> dict[str, Any]:
    promote = bluegreen.get("promote_seconds")
    document: dict[str, Any] = {
        "active_service": model,
        "preview_service": preview_service(model),
        "auto_promotion_enabled": promote is not None,
        "scale_down_delay_seconds": bluegreen["keep_seconds"],
    }
    if promote is not None:
        document["auto_promotion_seconds"] = promote
    if "analysis" in bluegreen:
        document["pre_promotion_analysis"] = {"templates": [{"template_name": model}], "args": version}
    return document


def analysis(args: ModelDeploymentArgs) -> Analysis | None:
    """Return what is measured, if anything is."""
    strategy = args.get("strategy", {})
    if "canary" in strategy:
        return strategy["canary"].get("analysis")
    return strategy["bluegreen"].get("analysis") if "bluegreen" in strategy else None
