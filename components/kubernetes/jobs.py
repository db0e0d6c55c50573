"""Work that ends: the pod, the job and the timetable that batch scoring and training have in common.

Pure but for the inputs passed through. The queue is Kubernetes' own: priority classes say who goes first, the team's
quota says how much runs at once, and a pod that does not fit waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.kubernetes.pods import container_security, pod_security

GPU = "nvidia.com/gpu"
# With `suspend`, no time is ever due; a CronJob has to name one.
_NEVER = "0 0 1 1 *"
KUEUE_LABEL = "kueue.x-k8s.io/queue-name"
SERVED = "/models"
SCRATCH = "/scratch"


@dataclass(frozen=True)
class Work:
    """One pod's work: what runs, on what, as whom."""

    name: str
    image: pulumi.Input[str]
    arguments: list[Any]
    resources: Mapping[str, Any]
    gpus: int
    priority: str
    labels: dict[str, str]
    annotations: dict[str, Any] = field(default_factory=dict)
    scratch: pulumi.Input[str] = "1Gi"
    model: tuple[str, pulumi.Input[str]] | None = None
    identity: bool = False


@dataclass(frozen=True)
class Timetable:
    """When it runs, how often it is tried, and when it is given up."""

    schedule: pulumi.Input[str] | None
    time_zone: pulumi.Input[str]
    active: bool
    deadline_minutes: int
    retries: int
    shards: int = 1
    parallel: int | None = None
    queue: str | None = None


def cron_job(work: Work, timetable: Timetable) -> dict[str, Any]:
    """Return the specification of a CronJob. Without a timetable, or in a standby, it waits to be asked."""
    runs = timetable.schedule is not None and timetable.active
    return {
        "schedule": timetable.schedule if timetable.schedule is not None else _NEVER,
        "time_zone": timetable.time_zone,
        "suspend": not runs,
        # A run that is late because the cluster was down still counts within the hour; two never overlap.
        "starting_deadline_seconds": 3600,
        "concurrency_policy": "Forbid",
        "successful_jobs_history_limit": 3,
        "failed_jobs_history_limit": 3,
        "job_template": {
            "metadata": {"labels": _queued(work.labels, timetable.queue), "annotations": work.annotations},
            "spec": _job(work, timetable),
        },
    }


def _queued(labels: dict[str, str], queue: str | None) -> dict[str, str]:
    """Return a job's labels; Kueue holds back the jobs that name a queue of its."""
    return labels if queue is None else {**labels, KUEUE_LABEL: queue}


def _job(work: Work, timetable: Timetable) -> dict[str, Any]:
    """Return the job: each shard is tried on its own, so that one bad shard does not undo the others' work."""
    return {
        "completion_mode": "Indexed",
        "completions": timetable.shards,
        "parallelism": timetable.parallel or timetable.shards,
        "backoff_limit_per_index": timetable.retries,
        "active_deadline_seconds": timetable.deadline_minutes * 60,
        "ttl_seconds_after_finished": 7 * 24 * 3600,
        # A pod that lost its node has not failed.
        "pod_failure_policy": {
            "rules": [{"action": "Ignore", "on_pod_conditions": [{"type": "DisruptionTarget", "status": "True"}]}]
        },
        "template": {
            "metadata": {"labels": _pod_labels(work), "annotations": work.annotations},
            "spec": _pod(work),
        },
    }


def _pod_labels(work: Work) -> dict[str, str]:
    """Return a pod's labels; the last one has its identity's token mounted by the cluster."""
    return {**work.labels, "azure.workload.identity/use": "true"} if work.identity else work.labels


def _pod(work: Work) -> dict[str, Any]:
    """Return the pod: restricted, on the pool that it needs, the model read-only."""
    return {
        "service_account_name": work.name,
        "automount_service_account_token": False,
        "enable_service_links": False,
        "restart_policy": "Never",
        "priority_class_name": work.priority,
        "security_context": pod_security(),
        "node_selector": {"headgate.dev/pool": "gpu" if work.gpus else "cpu"},
        "tolerations": _tolerations(work.gpus),
        "termination_grace_period_seconds": 60,
        "containers": [_container(work)],
        "volumes": _volumes(work),
    }


def _container(work: Work) -> dict[str, Any]:
    """Return the container; requests equal limits."""
    # Named, or a namespace's default would end a pod that writes as much as its disk holds.
    wanted = {**work.resources, "ephemeral-storage": work.scratch, **({GPU: str(work.gpus)} if work.gpus else {})}
    mounts: list[dict[str, Any]] = [{"name": "scratch", "mount_path": SCRATCH}]
    if work.model:
        mounts.insert(0, {"name": "model", "mount_path": f"{SERVED}/{work.model[0]}", "read_only": True})
    return {
        "name": "job",
        "image": work.image,
        "args": work.arguments,
        "env": [{"name": "TMPDIR", "value": SCRATCH}],
        "resources": {"requests": wanted, "limits": wanted},
        "security_context": container_security(),
        "volume_mounts": mounts,
    }


def _volumes(work: Work) -> list[dict[str, Any]]:
    """Return the model, as an image by digest and in no other way, and a disk to write on."""
    scratch = {"name": "scratch", "empty_dir": {"size_limit": work.scratch}}
    if work.model is None:
        return [scratch]
    return [{"name": "model", "image": {"reference": work.model[1], "pull_policy": "IfNotPresent"}}, scratch]


def _tolerations(gpus: int) -> list[dict[str, Any]] | None:
    """Let pods with GPUs, and only those, onto the GPU pool."""
    return [{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}] if gpus else None
