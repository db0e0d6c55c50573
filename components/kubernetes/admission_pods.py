"""Pods of the admission gate: OPA, and the keeper of its certificates. Pure but for the inputs passed through."""

from typing import Any

from components.kubernetes.pods import container_security, pod_security, spread

PORT = 8443
AUDIT_SECRET = "opa-audit-token"  # noqa: S105  the name of a Secret
_DECISION_LOG_BUFFER = 64 * 1024 * 1024
_CREDENTIALS: list[dict[str, Any]] = [
    {"service_account_token": {"path": "token", "expiration_seconds": 3600}},
    {"config_map": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
]


def opa(image: Any, account: Any, maps: dict[str, Any], selector: dict[str, str], *, audited: bool) -> dict[str, Any]:
    """Return the pod of OPA: rules, configuration and certificate are files that can't be changed by HTTP."""
    volumes = [
        {"name": "rules", "config_map": {"name": maps["rules"]}},
        {"name": "config", "config_map": {"name": maps["config"]}},
        {"name": "tls", "secret": {"secret_name": "opa-tls", "default_mode": 0o440}},
    ]
    mounts = [
        {"name": "rules", "mount_path": "/rules", "read_only": True},
        {"name": "config", "mount_path": "/config", "read_only": True},
        {"name": "tls", "mount_path": "/tls", "read_only": True},
    ]
    if audited:
        volumes.append({"name": "audit", "secret": {"secret_name": AUDIT_SECRET, "default_mode": 0o440}})
        mounts.append({"name": "audit", "mount_path": "/audit", "read_only": True})
    # Beside the configuration, since it names a place in this pod.
    more = ["--set=services.audit.credentials.bearer.token_path=/audit/token"] if audited else []
    return {
        "service_account_name": account,
        "automount_service_account_token": False,
        "priority_class_name": "system-cluster-critical",
        "security_context": pod_security(),
        "topology_spread_constraints": spread(selector),
        "affinity": {"pod_anti_affinity": {"preferred_during_scheduling_ignored_during_execution": [_apart(selector)]}},
        "containers": [_opa_container(image, mounts, more)],
        "volumes": volumes,
    }


def _opa_container(image: Any, mounts: list[dict[str, Any]], more: list[str]) -> dict[str, Any]:
    """Return the container: its arguments leave nothing to be asked for but reviews, health and metrics."""
    alive = {"http_get": {"path": "/health", "port": PORT, "scheme": "HTTPS"}}
    ready = {"http_get": {"path": "/health?bundle", "port": PORT, "scheme": "HTTPS"}}
    return {
        "name": "opa",
        "image": image,
        "args": [
            "run",
            "--server",
            f"--addr=0.0.0.0:{PORT}",
            "--tls-cert-file=/tls/tls.crt",
            "--tls-private-key-file=/tls/tls.key",
            "--tls-cert-refresh-period=30s",
            "--min-tls-version=1.2",
            "--authentication=token",
            "--authorization=basic",
            "--config-file=/config/config.json",
            # A mounted ConfigMap holds its files twice; the second time under hidden names.
            "--ignore=.*",
            "--skip-version-check",
            "--log-level=error",
            "--shutdown-grace-period=10",
            *more,
            "/rules",
        ],
        "ports": [{"name": "https", "container_port": PORT}],
        "startup_probe": {**ready, "failure_threshold": 60, "period_seconds": 1},
        "readiness_probe": {**ready, "period_seconds": 5},
        "liveness_probe": {**alive, "period_seconds": 10},
        "resources": {
            "requests": {"cpu": "250m", "memory": "256Mi", "ephemeral-storage": "256Mi"},
            "limits": {"cpu": "1", "memory": "256Mi", "ephemeral-storage": "256Mi"},
        },
        "security_context": container_security(),
        "volume_mounts": mounts,
    }


def certificates(image: Any, account: Any) -> dict[str, Any]:
    """Return the pod that keeps the gate's certificates."""
    return {
        "service_account_name": account,
        # Mounted by hand below, so that the token is bound to this pod and an hour, and is given to one container.
        "automount_service_account_token": False,
        "security_context": pod_security(),
        "volumes": [{"name": "credentials", "projected": {"default_mode": 0o440, "sources": _CREDENTIALS}}],
        "containers": [
            {
                "name": "gate-certificates",
                "image": image,
                "args": [
                    "--namespace=headgate-gate",
                    "--service=opa",
                    "--secret=opa-tls",
                    "--webhook=headgate-admission",
                    "--credentials=/credentials",
                ],
                "volume_mounts": [{"name": "credentials", "mount_path": "/credentials", "read_only": True}],
                "resources": {
                    "requests": {"cpu": "20m", "memory": "96Mi", "ephemeral-storage": "64Mi"},
                    "limits": {"cpu": "200m", "memory": "96Mi", "ephemeral-storage": "64Mi"},
                },
                "security_context": container_security(),
            }
        ],
    }


def decision_logs(url: str) -> dict[str, Any]:
    """Return OPA's configuration of where decisions go. What they must not carry is masked by `system.log`."""
    return {
        "services": {"audit": {"url": url}},
        "decision_logs": {
            "service": "audit",
            "reporting": {
                "min_delay_seconds": 1,
                "max_delay_seconds": 5,
                "buffer_size_limit_bytes": _DECISION_LOG_BUFFER,
            },
        },
    }


def _apart(selector: dict[str, str]) -> dict[str, Any]:
    """Return the wish that no two of these pods share a node."""
    return {
        "weight": 100,
        "pod_affinity_term": {
            "topology_key": "kubernetes.io/hostname",
            "label_selector": {"match_labels": selector},
        },
    }
