"""Which nodes nobody needs, and for how long that has been so.

Owns the clock of each. A node counts as idle with nothing on it but what runs on every node; that AKS also empties
nodes which are little used is not simulated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Document = dict[str, Any]


class Idle:
    """Since when each node of a cluster has been idle."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._since: dict[str, float] = {}

    def look(self, nodes: Mapping[str, list[Document]], expected: set[str], now: float) -> None:
        """Take in the nodes with their pods; `expected` are about to get some."""
        idle = {name for name, pods in nodes.items() if name not in expected and is_idle(pods)}
        self._since = {name: self._since.get(name, now) for name in idle}

    def leaving(self, names: Iterable[str], at_most: int, after: float, now: float) -> list[str]:
        """Return who has been idle for long enough, the youngest name first, and no more than may go."""
        ready = sorted((name for name in names if now - self._since.get(name, now) >= after), reverse=True)
        return ready[: max(0, at_most)]


def is_idle(pods: Iterable[Document]) -> bool:
    """Say whether a node has no pod that would miss it."""
    return all(_stays_behind(pod) for pod in pods)


def _stays_behind(pod: Document) -> bool:
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return True
    metadata = pod["metadata"]
    owners = {owner["kind"] for owner in metadata.get("ownerReferences") or []}
    return "DaemonSet" in owners or "kubernetes.io/config.mirror" in (metadata.get("annotations") or {})
