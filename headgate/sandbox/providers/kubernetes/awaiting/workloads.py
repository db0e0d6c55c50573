"""When a Deployment, StatefulSet, DaemonSet or Job is ready.

Owns the arithmetic of rollouts. Why pods are not ready is `pods`' business.
"""

from __future__ import annotations

from typing import Final

from headgate.sandbox.providers.kubernetes.awaiting.verdict import (
    READY,
    Document,
    Verdict,
    View,
    condition,
    failing,
    is_true,
    reason_of,
    waiting,
)

# A webhook's refusal of pods can be a policy that arrives late; a real one stays.
_DENIAL_GRACE: Final = 20.0


def deployment(live: Document, _view: View) -> Verdict:
    """Ready when every replica is of the newest template and available, and no old one is left."""
    spec, status = live["spec"], live.get("status") or {}
    if not _observed(live):
        return waiting("the controller to see the new generation")
    if spec.get("paused"):
        return READY
    progressing = condition(live, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return failing(f"the rollout does not progress: {reason_of(progressing)}")
    wanted = spec.get("replicas", 1)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated >= wanted and available >= wanted and status.get("replicas", 0) <= updated:
        return READY
    refused = condition(live, "ReplicaFailure")
    if refused.get("status") == "True" and "denied the request" in refused.get("message", ""):
        return failing(f"pods are refused: {reason_of(refused)}", _DENIAL_GRACE)
    return waiting(f"the rollout: {updated} of {wanted} replicas updated, {available} available")


def stateful_set(live: Document, _view: View) -> Verdict:
    """Ready when every replica is ready and of the newest revision (below a partition: ready)."""
    spec, status = live["spec"], live.get("status") or {}
    if not _observed(live):
        return waiting("the controller to see the new generation")
    wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
    strategy = spec.get("updateStrategy") or {}
    to_update = 0 if strategy.get("type") == "OnDelete" else wanted - _partition(strategy)
    updated = (
        wanted if status.get("currentRevision") == status.get("updateRevision") else status.get("updatedReplicas", 0)
    )
    if ready >= wanted and updated >= to_update and status.get("replicas", 0) <= wanted:
        return READY
    return waiting(f"pods in order: {ready} of {wanted} ready, {updated} of {to_update} updated")


def daemon_set(live: Document, _view: View) -> Verdict:
    """Ready when the pod of every node is updated and available."""
    status = live.get("status") or {}
    if not _observed(live):
        return waiting("the controller to see the new generation")
    wanted, available = status.get("desiredNumberScheduled", 0), status.get("numberAvailable", 0)
    on_delete = (live["spec"].get("updateStrategy") or {}).get("type") == "OnDelete"
    updated = wanted if on_delete else status.get("updatedNumberScheduled", 0)
    if available >= wanted and updated >= wanted:
        return READY
    return waiting(f"pods on nodes: {updated} of {wanted} updated, {available} available")


def job(live: Document, _view: View) -> Verdict:
    """Ready when complete; a job that is suspended on purpose is not awaited."""
    if is_true(live, "Complete") or live["spec"].get("suspend"):
        return READY
    if is_true(live, "Failed"):
        return failing(f"the job failed: {reason_of(condition(live, 'Failed'))}")
    status = live.get("status") or {}
    wanted = live["spec"].get("completions") or 1
    return waiting(
        f"completion: {status.get('succeeded', 0)} of {wanted} pods succeeded, {status.get('failed', 0)} failed"
    )


def _observed(live: Document) -> bool:
    observed = (live.get("status") or {}).get("observedGeneration", 0)
    return bool(observed >= live["metadata"].get("generation", 0))


def _partition(strategy: Document) -> int:
    return int((strategy.get("rollingUpdate") or {}).get("partition") or 0)
