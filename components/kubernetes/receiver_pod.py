"""The pod of the retraining receiver. Pure but for the inputs passed through."""

from typing import Any

import pulumi

from components import names
from components.contract.retraining import RetrainingReceiverArgs
from components.kubernetes.pods import container_security, pod_security, spread

PORT = names.RETRAINING_PORT
_CREDENTIALS: list[dict[str, Any]] = [
    {"service_account_token": {"path": "token", "expiration_seconds": 3600}},
    {"config_map": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
]


def pod(args: RetrainingReceiverArgs, name: str, selector: dict[str, str]) -> dict[str, Any]:
    """Return the pod: its token is bound to it and an hour, and is mounted into the one container."""
    return {
        "service_account_name": name,
        "automount_service_account_token": False,
        "enable_service_links": False,
        "security_context": pod_security(),
        "topology_spread_constraints": spread(selector),
        "containers": [_container(args, name)],
        "volumes": [
            {"name": "credentials", "projected": {"default_mode": 0o440, "sources": _CREDENTIALS}},
            {"name": "access", "secret": {"secret_name": name, "default_mode": 0o440}},
        ],
    }


def _container(args: RetrainingReceiverArgs, name: str) -> dict[str, Any]:
    """Return the container."""
    healthy = {"http_get": {"path": "/healthz", "port": "receiver"}}
    wanted = {"cpu": "50m", "memory": "96Mi", "ephemeral-storage": "64Mi"}
    return {
        "name": name,
        "image": args["image"],
        "args": [
            f"--listen=0.0.0.0:{PORT}",
            f"--team={args['ownership']['team']}",
            f"--namespace={args['namespace']}",
            "--token-file=/access/token",
            pulumi.Output.concat("--ledger=", args["ledger"]["url"]),
            "--ledger-token-file=/access/ledger-token",
            *(["--ledger-ca=/access/ledger-ca.crt"] if "authority" in args["ledger"] else []),
            "--credentials=/credentials",
        ],
        "ports": [{"name": "receiver", "container_port": PORT}],
        "startup_probe": {**healthy, "failure_threshold": 30, "period_seconds": 1},
        "readiness_probe": {**healthy, "period_seconds": 5},
        "liveness_probe": {**healthy, "period_seconds": 20},
        "resources": {"requests": wanted, "limits": wanted},
        "security_context": container_security(),
        "volume_mounts": [
            {"name": "credentials", "mount_path": "/credentials", "read_only": True},
            {"name": "access", "mount_path": "/access", "read_only": True},
        ],
    }
