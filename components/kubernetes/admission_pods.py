"""Pods of the admission gate: OPA, and the keeper of its certificates. Pure but for the inputs passed through."""

from typing import Any

from components.kubernetes.pods import container_security, pod_security, spread

PORT = 8443
SCRATCH = "/scratch"
# Index, parameters and facts are read for each request, and written when an edition is new.
_READ_OFTEN = "--optimize-store-for-read-speed"
_TMPDIR = {"name": "TMPDIR", "value": SCRATCH}
MEMORY_MIB = 512
# Where OPA's rules learn how many decisions wait: from its own metrics, over its own certificate.
_METRICS = [
    {"name": "HEADGATE_METRICS", "value": f"https://127.0.0.1:{PORT}/metrics"},
    {"name": "HEADGATE_METRICS_CA", "value": "/tls/ca.crt"},
    {"name": "HEADGATE_METRICS_NAME", "value": "opa.headgate-gate.svc"},
]
AUDIT_SECRET = "opa-audit-token"  # noqa: S105  the name of a Secret
REGISTRY_SECRET = "opa-registry"  # noqa: S105  the name of a Secret
_CREDENTIALS: list[dict[str, Any]] = [
    {"service_account_token": {"path": "token", "expiration_seconds": 3600}},
    {"config_map": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
]


def opa(
    image: Any,
    account: Any,
    maps: dict[str, Any],
    selector: dict[str, str],
    given: frozenset[str],
    memory_mib: int = MEMORY_MIB,
) -> dict[str, Any]:
    """Return the pod of OPA: rules, configuration and certificate are files that can't be changed by HTTP.

    `given` names what the gate was given beside its rules: an `audit`, its collector's `authority`, a `bundle`,
    `credentials` for its registry.
    """
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
    more: list[str] = []
    env = _collector(memory_mib)
    # Beside the configuration, since they name places in this pod.
    if "audit" in given:
        volumes.append({"name": "audit", "secret": {"secret_name": AUDIT_SECRET, "default_mode": 0o440}})
        mounts.append({"name": "audit", "mount_path": "/audit", "read_only": True})
        more.append("--set=services.audit.credentials.bearer.token_path=/audit/token")
        env.extend(_METRICS)
    if "authority" in given:
        more.append("--set=services.audit.tls.ca_cert=/audit/ca.crt")
    if "bundle" in given:
        # OPA puts what it pulls into a directory of its own.
        volumes.append({"name": "scratch", "empty_dir": {"size_limit": "64Mi"}})
        mounts.append({"name": "scratch", "mount_path": SCRATCH})
        env.append(_TMPDIR)
    if "credentials" in given:
        volumes.append({"name": "registry", "secret": {"secret_name": REGISTRY_SECRET, "default_mode": 0o440}})
        mounts.append({"name": "registry", "mount_path": "/registry", "read_only": True})
        more.append("--set=services.registry.credentials.bearer.scheme=Basic")
        more.append("--set=services.registry.credentials.bearer.token_path=/registry/credentials")
    return {
        "service_account_name": account,
        "automount_service_account_token": False,
        "priority_class_name": "system-cluster-critical",
        "security_context": pod_security(),
        "topology_spread_constraints": spread(selector),
        "affinity": {"pod_anti_affinity": {"preferred_during_scheduling_ignored_during_execution": [_apart(selector)]}},
        "containers": [_opa_container(image, mounts, more, env, memory_mib)],
        "volumes": volumes,
    }


def _collector(memory_mib: int) -> list[dict[str, str]]:
    """Return how Go collects: by default over a heap that has doubled, which is a third of a request's processor time.

    It may grow to five times what lives, up to what leaves room in the container's limit: a new edition of what is
    known of models stands beside the old one for a moment, and both beside what was read.
    """
    return [{"name": "GOGC", "value": "400"}, {"name": "GOMEMLIMIT", "value": f"{memory_mib * 3 // 8}MiB"}]


def _opa_container(
    image: Any, mounts: list[dict[str, Any]], more: list[str], env: list[dict[str, str]], memory_mib: int
) -> dict[str, Any]:
    """Return the container: its arguments leave nothing to be asked for but reviews, health and metrics."""
    alive = {"http_get": {"path": "/health", "port": PORT, "scheme": "HTTPS"}}
    # Looks at all that is loaded (`system.health`), so that no request has to.
    ready = {"http_get": {"path": "/health/ready", "port": PORT, "scheme": "HTTPS"}, "timeout_seconds": 3}
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
            _READ_OFTEN,
            # Why a gate is not ready is told there; each request is not.
            "--log-level=info",
            "--log-level-request=debug",
            "--shutdown-grace-period=10",
            *more,
            "/rules",
        ],
        "ports": [{"name": "https", "container_port": PORT}],
        "startup_probe": {**ready, "failure_threshold": 60, "period_seconds": 1},
        "readiness_probe": {**ready, "period_seconds": 5},
        "liveness_probe": {**alive, "period_seconds": 10},
        "resources": {
            "requests": {"cpu": "250m", "memory": f"{memory_mib}Mi", "ephemeral-storage": "256Mi"},
            "limits": {"cpu": "1", "memory": f"{memory_mib}Mi", "ephemeral-storage": "256Mi"},
        },
        "security_context": container_security(),
        "volume_mounts": mounts,
        "env": env,
    }


def certificates(image: Any, account: Any, kept: list[str]) -> dict[str, Any]:
    """Return the pod that keeps a certificate; `kept` says whose, where, and who is told whom to trust."""
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
                "args": [*kept, "--credentials=/credentials"],
                "volume_mounts": [{"name": "credentials", "mount_path": "/credentials", "read_only": True}],
                "resources": {
                    "requests": {"cpu": "20m", "memory": "96Mi", "ephemeral-storage": "64Mi"},
                    "limits": {"cpu": "200m", "memory": "96Mi", "ephemeral-storage": "64Mi"},
                },
                "security_context": container_security(),
            }
        ],
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
