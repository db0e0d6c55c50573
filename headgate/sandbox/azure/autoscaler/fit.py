"""Where a pod could run: what a node has left, and why it takes a pod or not, in the scheduler's words.

Owns the part of scheduling that pools differ in: selectors, node affinity, taints, resources. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from headgate.sandbox.dataplane.quantities import number

Document = dict[str, Any]
# Sums of fractions of a CPU are not exact.
_SLACK = 1e-6
_KEEPS_AWAY = ("NoSchedule", "NoExecute")
# Taints of a node's life, not of its pool: a node that comes up loses them.
_PASSING = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")


@dataclass
class Place:
    """A node, or one that could be made: its labels, its taints and what is left on it."""

    name: str
    labels: Mapping[str, str]
    taints: list[Document]
    free: dict[str, float]
    pods: list[Document] = field(default_factory=list)

    @classmethod
    def of(cls, node: Document, pods: Iterable[Document] = ()) -> Self:
        """Return a node with the pods that it has."""
        metadata, taints = node["metadata"], (node.get("spec") or {}).get("taints") or []
        free = {key: number(value) for key, value in (node["status"].get("allocatable") or {}).items()}
        place = cls(metadata["name"], metadata.get("labels") or {}, [each for each in taints if _lasts(each)], free)
        for pod in pods:
            place.take(pod)
        return place

    def take(self, pod: Document) -> None:
        """Count a pod in."""
        self.pods.append(pod)
        for key, value in requests(pod).items():
            self.free[key] = self.free.get(key, 0.0) - value

    def refusal(self, pod: Document) -> str | None:
        """Return why a pod can't run here; nothing where it can."""
        spec = pod["spec"]
        if not self._chosen(spec):
            return "node(s) didn't match Pod's node affinity/selector"
        for taint in self.taints:
            if not any(_tolerates(each, taint) for each in spec.get("tolerations") or []):
                return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value') or ''}}}"
        lacking = [key for key, value in sorted(requests(pod).items()) if value > self.free.get(key, 0.0) + _SLACK]
        if lacking:
            return "Too many pods" if lacking == ["pods"] else f"Insufficient {next(k for k in lacking if k != 'pods')}"
        return None

    def waste(self, pod: Document) -> tuple[bool, float]:
        """Return how much would lie idle beside a pod: GPUs that it does not ask for, then the share of CPUs."""
        asked, cpus = requests(pod), max(self.free.get("cpu", 0.0), 0.001)
        gpus = "nvidia.com/gpu" in self.free and "nvidia.com/gpu" not in asked
        return gpus, 1 - asked.get("cpu", 0.0) / cpus

    def _chosen(self, spec: Document) -> bool:
        selector = spec.get("nodeSelector") or {}
        if any(self.labels.get(key) != value for key, value in selector.items()):
            return False
        affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
            "requiredDuringSchedulingIgnoredDuringExecution"
        ) or {}
        terms = affinity.get("nodeSelectorTerms")
        return terms is None or any(
            all(self._matches(row) for row in term.get("matchExpressions") or []) for term in terms
        )

    def _matches(self, row: Document) -> bool:
        found, values = self.labels.get(row["key"]), row.get("values") or []
        match row["operator"]:
            case "In":
                return found in values
            case "NotIn":
                return found not in values
            case "Exists":
                return found is not None
            case "DoesNotExist":
                return found is None
            case _:
                # Comparisons of numbers: no pool of ours has such a label.
                return False


def requests(pod: Document) -> dict[str, float]:
    """Return what the scheduler keeps free for a pod: its containers together, or its largest initialiser."""
    spec = pod["spec"]
    total: dict[str, float] = defaultdict(float, {"pods": 1.0})
    for container in spec.get("containers") or []:
        for key, value in _asked(container).items():
            total[key] += value
    for container in spec.get("initContainers") or []:
        for key, value in _asked(container).items():
            total[key] = total[key] + value if container.get("restartPolicy") == "Always" else max(total[key], value)
    return dict(total)


def _asked(container: Document) -> dict[str, float]:
    """Return a container's requests; a limit without a request is one."""
    resources = container.get("resources") or {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {key: number(value) for key, value in asked.items()}


def _lasts(taint: Document) -> bool:
    return taint.get("effect") in _KEEPS_AWAY and not str(taint.get("key")).startswith(_PASSING)


def _tolerates(toleration: Document, taint: Document) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    return toleration.get("key") == taint["key"] and (toleration.get("value") or "") == (taint.get("value") or "")
