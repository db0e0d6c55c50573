"""The pod of the ledger's writer. Pure but for the inputs passed through."""

from typing import Any

import pulumi

from components import names
from components.contract.ledger import LedgerServiceArgs
from components.kubernetes.pods import container_security, pod_security, spread

NAME, PORT = names.LEDGER_ACCOUNT, names.LEDGER_PORT
ACCESS, TLS = "ledger-access", "ledger-tls"
_MOUNTS = {"access": "/access", "tls": "/tls"}
# What was fetched of the blobs, and a commit on its way to them; nothing that counts is here alone.
_WORK = "/work"


def pod(args: LedgerServiceArgs, account: pulumi.Input[str], selector: dict[str, str]) -> dict[str, Any]:
    """Return the pod; which identity it has, the cluster's webhook puts in."""
    return {
        "service_account_name": account,
        "automount_service_account_token": False,
        "enable_service_links": False,
        "priority_class_name": "system-cluster-critical",
        "security_context": pod_security(),
        "topology_spread_constraints": spread(selector),
        "containers": [_container(args)],
        "volumes": [
            {"name": "access", "secret": {"secret_name": ACCESS, "default_mode": 0o440}},
            {"name": "tls", "secret": {"secret_name": TLS, "default_mode": 0o440}},
            {"name": "work", "empty_dir": {"size_limit": "1Gi"}},
        ],
    }


def _container(args: LedgerServiceArgs) -> dict[str, Any]:
    """Return the container: while it can't reach the ledger it ends, and is not ready."""
    healthy, ready = _asked("/healthz"), _asked("/readyz")
    wanted = {"cpu": "100m", "memory": "256Mi", "ephemeral-storage": "1Gi"}
    variables = {"HEADGATE_LEDGER_KEY": "/access/signing.key", "XDG_CACHE_HOME": _WORK, "TMPDIR": _WORK}
    return {
        "name": NAME,
        "image": args["image"],
        "args": [
            pulumi.Output.concat("--ledger=", args["ledger"]),
            "--bind-address=0.0.0.0",
            f"--port={PORT}",
            "--token-file=/access/token",
            *(["--read-token-file=/access/read-token"] if "read_token" in args else []),
            "--tls-cert=/tls/tls.crt",
            "--tls-key=/tls/tls.key",
        ],
        "env": [{"name": name, "value": value} for name, value in variables.items()],
        "ports": [{"name": "https", "container_port": PORT}],
        "startup_probe": {**healthy, "failure_threshold": 60, "period_seconds": 1},
        "readiness_probe": {**ready, "period_seconds": 5},
        "liveness_probe": {**healthy, "period_seconds": 20},
        "resources": {"requests": wanted, "limits": wanted},
        "security_context": container_security(),
        "volume_mounts": [
            *({"name": name, "mount_path": path, "read_only": True} for name, path in _MOUNTS.items()),
            {"name": "work", "mount_path": _WORK},
        ],
    }


def _asked(path: str) -> dict[str, Any]:
    """Return the probe of a path, which needs no token."""
    return {"http_get": {"path": path, "port": "https", "scheme": "HTTPS"}}
