"""The pod of the Argo Rollouts controller, and its way to the API server. Pure but for the inputs passed through."""

from typing import Any

from components.kubernetes.network import INGRESS_CLASS
from components.kubernetes.pods import container_security, pod_security, spread

METRICS_PORT = 8090
HEALTH_PORT = 8080
_CREDENTIALS: list[dict[str, Any]] = [
    {"service_account_token": {"path": "token", "expiration_seconds": 3600}},
    {"config_map": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
]


def client_configuration(namespace: str) -> dict[str, Any]:
    """Return the kubeconfig: the cluster's own API server, with the token that the kubelet keeps fresh."""
    name = "here"
    cluster = {"server": "https://kubernetes.default.svc", "certificate-authority": "/credentials/ca.crt"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": {"tokenFile": "/credentials/token"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": namespace}}],
        "current-context": name,
    }


def pod(image: Any, account: Any, configuration: Any, selector: dict[str, str]) -> dict[str, Any]:
    """Return the pod: of several, one leads and the others wait."""
    return {
        "service_account_name": account,
        "automount_service_account_token": False,
        "priority_class_name": "system-cluster-critical",
        "security_context": pod_security(),
        "topology_spread_constraints": spread(selector),
        "containers": [_container(image)],
        "volumes": [
            {"name": "client", "config_map": {"name": configuration}},
            {"name": "credentials", "projected": {"default_mode": 0o440, "sources": _CREDENTIALS}},
            {"name": "scratch", "empty_dir": {"size_limit": "64Mi"}},
        ],
    }


def _container(image: Any) -> dict[str, Any]:
    """Return the container; the ingress class is the gateway's, whose canary annotations are those of ingress-nginx."""
    healthy = {"http_get": {"path": "/healthz", "port": "health"}}
    return {
        "name": "rollouts-controller",
        "image": image,
        "args": [
            "--kubeconfig=/client/kubeconfig",
            f"--nginx-ingress-classes={INGRESS_CLASS}",
            f"--metricsPort={METRICS_PORT}",
            f"--healthzPort={HEALTH_PORT}",
            "--leader-elect=true",
            "--logformat=json",
        ],
        "env": [{"name": "POD_NAMESPACE", "value_from": {"field_ref": {"field_path": "metadata.namespace"}}}],
        "ports": [
            {"name": "metrics", "container_port": METRICS_PORT},
            {"name": "health", "container_port": HEALTH_PORT},
        ],
        "startup_probe": {**healthy, "failure_threshold": 30, "period_seconds": 2},
        "readiness_probe": {**healthy, "period_seconds": 5},
        "liveness_probe": {**healthy, "period_seconds": 20},
        "resources": {
            "requests": {"cpu": "250m", "memory": "256Mi", "ephemeral-storage": "256Mi"},
            "limits": {"cpu": "250m", "memory": "256Mi", "ephemeral-storage": "256Mi"},
        },
        "security_context": container_security(),
        "volume_mounts": [
            {"name": "client", "mount_path": "/client", "read_only": True},
            {"name": "credentials", "mount_path": "/credentials", "read_only": True},
            {"name": "scratch", "mount_path": "/tmp"},  # noqa: S108 (the container's own, on an emptyDir)
        ],
    }
