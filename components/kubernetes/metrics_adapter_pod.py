"""The pod of the Prometheus adapter, and what it makes of measurements. Pure but for the inputs passed through."""

from typing import Any

import pulumi

from components.kubernetes.pods import container_security, pod_security, spread

PORT = 6443
NAME = "prometheus-adapter"
TLS_SECRET = "prometheus-adapter-tls"  # noqa: S105  the name of a Secret
_CREDENTIALS: list[dict[str, Any]] = [
    {"service_account_token": {"path": "token", "expiration_seconds": 3600}},
    {"config_map": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
]
_MOUNTS = {"config": "/config", "credentials": "/credentials", "tls": "/tls"}
_CLIENTS = ("lister", "authentication", "authorization")


def rules(figures: list[str], region: str) -> dict[str, Any]:
    """Return what it makes of each figure: one of a pod, by the labels that the collector gives it."""
    here = f'region="{region}"'
    return {
        "rules": [
            {
                "seriesQuery": f'{figure}{{namespace!="",pod!="",{here}}}',
                "resources": {"overrides": {name: {"resource": name} for name in ("namespace", "pod")}},
                "metricsQuery": f"sum(<<.Series>>{{<<.LabelMatchers>>,{here}}}) by (<<.GroupBy>>)",
            }
            for figure in figures
        ]
    }


def pod(
    image: Any, account: Any, configuration: Any, prometheus: pulumi.Input[str], selector: dict[str, str]
) -> dict[str, Any]:
    """Return the pod: while the certificate is not stored, it waits."""
    return {
        "service_account_name": account,
        "automount_service_account_token": False,
        "enable_service_links": False,
        "priority_class_name": "system-cluster-critical",
        "security_context": pod_security(),
        "topology_spread_constraints": spread(selector),
        "containers": [_container(image, prometheus)],
        "volumes": [
            {"name": "config", "config_map": {"name": configuration}},
            {"name": "credentials", "projected": {"default_mode": 0o440, "sources": _CREDENTIALS}},
            {"name": "tls", "secret": {"secret_name": TLS_SECRET, "default_mode": 0o440}},
        ],
    }


def _container(image: Any, prometheus: pulumi.Input[str]) -> dict[str, Any]:
    """Return the container; how old a figure may be is what the collector's interval allows."""
    healthy = _asked("/readyz")
    wanted = {"cpu": "100m", "memory": "192Mi", "ephemeral-storage": "64Mi"}
    return {
        "name": NAME,
        "image": image,
        "args": [
            *(f"--{each}-kubeconfig=/config/kubeconfig" for each in _CLIENTS),
            "--bind-address=0.0.0.0",
            f"--secure-port={PORT}",
            "--tls-cert-file=/tls/tls.crt",
            "--tls-private-key-file=/tls/tls.key",
            "--config=/config/config.yaml",
            pulumi.Output.concat("--prometheus-url=", prometheus),
            "--metrics-relist-interval=30s",
            "--metrics-max-age=2m",
        ],
        "ports": [{"name": "https", "container_port": PORT}],
        "startup_probe": {**healthy, "failure_threshold": 60, "period_seconds": 1},
        "readiness_probe": {**healthy, "period_seconds": 5},
        "liveness_probe": {**_asked("/livez"), "period_seconds": 20},
        "resources": {"requests": wanted, "limits": wanted},
        "security_context": container_security(),
        "volume_mounts": [{"name": name, "mount_path": path, "read_only": True} for name, path in _MOUNTS.items()],
    }


def _asked(path: str) -> dict[str, Any]:
    """Return the probe of a path, which needs no token."""
    return {"http_get": {"path": path, "port": "https", "scheme": "HTTPS"}}
