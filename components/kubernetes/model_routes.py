"""A model's ways through the gateway, as documents. Pure: no Pulumi.

A second way beside a model's own is told by the annotations of ingress-nginx, which the gateway reads and Argo Rollouts
writes: a share, a header, a cookie, a mirror, and what answers when nothing else does.
"""

from typing import Any

from components.contract.deployment import ModelDeploymentArgs
from components.contract.strategy import Strategy
from components.kubernetes.network import INGRESS_CLASS

PREFIX = "nginx.ingress.kubernetes.io"
PREVIEW_HEADER = "x-headgate-preview"
# What every call of the protocol's service begins with.
GRPC_PATH = "/inference.GRPCInferenceService"
# Of a model's way by HTTP, what none by gRPC can have: a copy, and the first port of another Service.
_NOT_OVER_GRPC = frozenset({f"{PREFIX}/mirror-target", f"{PREFIX}/default-backend"})


def path(model: str) -> str:
    """Return the path of a model."""
    return f"/v2/models/{model}"


def route(args: ModelDeploymentArgs, service: Any) -> dict[str, Any]:
    """Return the spec of an Ingress: the model's paths, by TLS alone; the gateway holds the host's certificate."""
    backend = {"service": {"name": service, "port": {"name": "http"}}}
    wanted = (path(args["model"]), *args.get("paths", []))
    paths = [{"path": each, "path_type": "Prefix", "backend": backend} for each in wanted]
    return {
        "ingress_class_name": INGRESS_CLASS,
        "tls": [{"hosts": [args["host"]]}],
        "rules": [{"http": {"paths": paths}}],
    }


def grpc_name(name: str) -> str:
    """Name the Ingress for gRPC beside one for HTTP."""
    return f"{name}-grpc"


def grpc_route(args: ModelDeploymentArgs, service: Any) -> dict[str, Any]:
    """Return the spec of an Ingress for gRPC: a host that is this model's alone, by TLS."""
    backend = {"service": {"name": service, "port": {"name": "grpc"}}}
    host = args["grpc_host"]
    paths = [{"path": GRPC_PATH, "path_type": "Prefix", "backend": backend}]
    return {
        "ingress_class_name": INGRESS_CLASS,
        "tls": [{"hosts": [host]}],
        "rules": [{"host": host, "http": {"paths": paths}}],
    }


def over_grpc(annotations: dict[str, Any]) -> dict[str, Any]:
    """Return the annotations of a way for gRPC, from those of the way beside it: its shares, and how to speak."""
    kept = {key: value for key, value in annotations.items() if key not in _NOT_OVER_GRPC}
    return {**kept, f"{PREFIX}/backend-protocol": "GRPC"}


def own(shadow: Any, fallback: Any) -> dict[str, Any]:
    """Return the annotations of the model's own way: who gets copies, and who answers while no pod is ready."""
    named = {"mirror-target": shadow, "default-backend": fallback}
    return {f"{PREFIX}/{key}": value for key, value in named.items() if value is not None}


def beside(strategy: Strategy) -> dict[str, str] | None:
    """Return the annotations of the way to a second version; None where requests take none."""
    if "abtest" in strategy:
        return _chosen(dict(strategy["abtest"]))
    if "champion_challenger" in strategy:
        return {f"{PREFIX}/canary": "true", f"{PREFIX}/canary-weight": str(strategy["champion_challenger"]["weight"])}
    return None


def preview() -> dict[str, str]:
    """Return the annotations of the way to a version that stands ready: by a header, for those who try it."""
    return _chosen({"header": PREVIEW_HEADER})


def _chosen(test: dict[str, Any]) -> dict[str, str]:
    """Return the annotations of a way that a header or a cookie chooses."""
    found = {f"{PREFIX}/canary": "true"}
    if test.get("header"):
        found[f"{PREFIX}/canary-by-header"] = test["header"]
        found[f"{PREFIX}/canary-by-header-value"] = test.get("value") or "always"
    if test.get("cookie"):
        found[f"{PREFIX}/canary-by-cookie"] = test["cookie"]
    return found
