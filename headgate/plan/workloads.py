"""Workloads of a cluster: what owns pods, and between which bounds their number is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from headgate.plan.opaque import UNKNOWN
from headgate.plan.places import UnknownError, value_at
from headgate.plan.view import Resource, View

STANDING = ("Deployment", "StatefulSet", "ReplicaSet", "Rollout")
# Pods that come and go.
PASSING = ("Job", "CronJob", "Pod", "DaemonSet")
_SCALERS = {
    "HorizontalPodAutoscaler": ("minReplicas", "maxReplicas", 1),
    "ScaledObject": ("minReplicaCount", "maxReplicaCount", 0),
}


@dataclass(frozen=True)
class Bounds:
    """Fewest and most."""

    low: int
    high: int

    def __str__(self) -> str:
        """Write `2 to 6`, or the one number."""
        return f"{self.low} to {self.high}" if self.low != self.high else str(self.low)


def bounds_of(workload: Resource, view: View) -> Bounds:
    """Return how many pods a workload has: its autoscaler's bounds, else its own number."""
    for scaler in _scalers(workload, view):
        low, high, least = _SCALERS[str(scaler.kind)]
        spec = value_at(scaler.properties, "spec")
        fewest = value_at(spec, low)
        return Bounds(_whole(least if fewest is None else fewest, low), _whole(value_at(spec, high) or 1, high))
    replicas = value_at(workload.properties, "spec.replicas")
    return Bounds(1, 1) if replicas is None else Bounds(_whole(replicas, "replicas"), _whole(replicas, "replicas"))


def _scalers(workload: Resource, view: View) -> Iterator[Resource]:
    """Yield the autoscalers of a workload."""
    own = value_at(workload.properties, "metadata.name")
    for each in view.resources:
        if each.kind not in _SCALERS or each.connection != workload.connection or each.namespace != workload.namespace:
            continue
        target = value_at(each.properties, "spec.scaleTargetRef") or {}
        name = target.get("name")
        # Before the first deployment the target's name may be unknown: what stands in one component belongs together.
        is_target = each.parent == workload.parent if name == UNKNOWN else name == own
        if is_target and target.get("kind", workload.kind) == workload.kind:
            yield each


def _whole(value: Any, what: str) -> int:
    """Return a whole number; Pulumi's documents write some with a point."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise UnknownError(what)
    return int(value)
