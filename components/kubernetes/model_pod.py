"""The pod of a model: the runtime's container, and the model as a read-only image volume."""

from typing import Any

from components.contract.deployment import ModelDeploymentArgs
from components.contract.strategy import Variant
from components.kubernetes import model_flags, model_metrics
from components.kubernetes.labels import pod_labels
from components.kubernetes.pods import container_security, pod_security, spread

HTTP_PORT = 8080
GRPC_PORT = 9000
GPU = "nvidia.com/gpu"
# Scratch and logs together: beyond it a pod is evicted, before it fills its node.
EPHEMERAL = "2Gi"


def selector(model: str, role: str = "") -> dict[str, str]:
    """Return the labels that pods are found by; they never change. A version beside the model's own has a role."""
    return {"app.kubernetes.io/name": f"{model}-{role}" if role else model, "headgate.dev/model": model}


def service_ports(args: ModelDeploymentArgs) -> list[dict[str, Any]]:
    """Return the ports of a Service before the model's pods; a gateway is told what speaks HTTP/2 without TLS."""
    http = {"name": "http", "port": 80, "target_port": "http", "protocol": "TCP"}
    grpc = {"name": "grpc", "port": GRPC_PORT, "target_port": "grpc", "protocol": "TCP"}
    return [http, {**grpc, "app_protocol": "kubernetes.io/h2c"}] if "grpc_host" in args else [http]


def open_ports(args: ModelDeploymentArgs) -> list[int]:
    """Return the ports at which pods answer."""
    return [HTTP_PORT, GRPC_PORT] if "grpc_host" in args else [HTTP_PORT]


def pod_template(args: ModelDeploymentArgs) -> dict[str, Any]:
    """Return the template of the model's pods."""
    return _template(args, selector(args["model"]), args["version"], args["model_image"], args["runtime_image"])


def variant_template(args: ModelDeploymentArgs, variant: Variant, role: str) -> dict[str, Any]:
    """Return the template of another version's pods: the same pod, with what the variant brings."""
    return _template(
        args, selector(args["model"], role), variant["version"], variant["model_image"], variant["runtime_image"]
    )


def _template(
    args: ModelDeploymentArgs, labels: dict[str, str], version: Any, model_image: Any, runtime_image: Any
) -> dict[str, Any]:
    return {
        "metadata": {
            "labels": pod_labels(args["ownership"], model=args["model"]) | labels,
            "annotations": {
                "headgate.dev/model-version": version,
                **model_metrics.pod_annotations(args.get("service_monitor")),
            },
        },
        "spec": {
            "service_account_name": args["service_account"],
            "automount_service_account_token": False,
            "enable_service_links": False,
            "security_context": pod_security(),
            "topology_spread_constraints": spread(labels),
            "node_selector": {"headgate.dev/pool": "gpu" if args.get("gpus") else "cpu"},
            "tolerations": _tolerations(args),
            "termination_grace_period_seconds": 60,
            "containers": [_runtime(args, runtime_image)],
            "volumes": [
                {"name": "model", "image": {"reference": model_image, "pull_policy": "IfNotPresent"}},
                {"name": "scratch", "empty_dir": {"size_limit": "1Gi"}},
                *([model_flags.volume(args["model"])] if "flags" in args else []),
            ],
        },
    }


def _runtime(args: ModelDeploymentArgs, image: Any) -> dict[str, Any]:
    """Describe the container that serves the model."""
    return {
        "name": "runtime",
        "image": image,
        "args": [
            f"--model={args['model']}",
            f"--model-path=/models/{args['model']}",
            f"--http-port={HTTP_PORT}",
            *([f"--grpc-port={GRPC_PORT}"] if "grpc_host" in args else []),
            *_cache(args),
            *_ranges(args),
            *(model_flags.arguments() if "flags" in args else []),
            *args.get("runtime_arguments", []),
        ],
        "ports": [
            {"name": name, "container_port": port, "protocol": "TCP"}
            for name, port in zip(("http", "grpc"), open_ports(args), strict=False)
        ],
        "startup_probe": {**_ready(args), "period_seconds": 2, "failure_threshold": 150},
        "readiness_probe": {**_ready(args), "period_seconds": 5, "failure_threshold": 2},
        "liveness_probe": {"http_get": {"path": "/v2/health/live", "port": "http"}, "period_seconds": 10},
        "resources": {"requests": _resources(args), "limits": _resources(args)},
        "security_context": container_security(),
        "volume_mounts": [
            {"name": "model", "mount_path": f"/models/{args['model']}", "read_only": True},
            {"name": "scratch", "mount_path": "/tmp"},  # noqa: S108 (the container's own, on an emptyDir)
            *([model_flags.mount()] if "flags" in args else []),
        ],
    }


def _cache(args: ModelDeploymentArgs) -> list[str]:
    """Tell the runtime for how long and how much it may keep of its answers: in its own memory, for its own model."""
    cache = args.get("response_cache")
    if cache is None:
        return []
    return [
        f"--response-cache-seconds={cache['seconds']}",
        f"--response-cache-megabytes={cache.get('megabytes', 64)}",
    ]


def _ranges(args: ModelDeploymentArgs) -> list[str]:
    """Tell the runtime what is possible of its inputs."""
    ranges = args.get("input_ranges", [])
    return [f"--input-range={each['feature']}={each['least']:.12g}:{each['most']:.12g}" for each in ranges]


def _ready(args: ModelDeploymentArgs) -> dict[str, Any]:
    """Return the probe that asks whether this very model can answer."""
    return {"http_get": {"path": f"/v2/models/{args['model']}/ready", "port": "http"}}


def _resources(args: ModelDeploymentArgs) -> dict[str, Any]:
    """Return what a pod gets; requests equal limits."""
    wanted: dict[str, Any] = {"cpu": args["cpu"], "memory": args["memory"], "ephemeral-storage": EPHEMERAL}
    if args.get("gpus"):
        wanted[GPU] = str(args["gpus"])
    return wanted


def _tolerations(args: ModelDeploymentArgs) -> list[dict[str, Any]] | None:
    """Let pods with GPUs, and only those, onto the GPU pool."""
    if not args.get("gpus"):
        return None
    return [{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}]
