"""What is written to pods about their load."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.simulation import Loads
from headgate.sandbox.dataplane.usage import Usage
from headgate.sandbox.dataplane.volumes import Volumes
from headgate.sandbox.kube import KubeClient

pytestmark = pytest.mark.unit

Make = Callable[..., dict[str, Any]]


class Written:
    """A client that records annotations."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, dict[str, str]]] = []

    def patch(self, api_version: str, kind: str, name: str, body: Any, *, namespace: str) -> dict[str, Any]:
        """Record."""
        self.notes.append((name, body["metadata"]["annotations"]))
        return {}


class Models:
    """No pod has a model."""

    def __init__(self) -> None:
        self.models: dict[tuple[str, str], tuple[Any, ...]] = {}


def test_usage_is_written_when_it_changed_and_only_then(make_pod: Make) -> None:
    """A busy pod, an idle one, one that stays as busy, and one that is not ready."""
    cluster, loads, client = Cluster(), Loads(), Written()
    unready = {"conditions": [{"type": "Ready", "status": "False"}]}
    cluster.list_pods([make_pod("busy"), make_pod("idle"), make_pod("unready", status=unready)])
    usage = Usage(cast(KubeClient, client), cluster, cast(Volumes, Models()), loads, 0.0)

    def interval(busy_seconds: float) -> list[tuple[str, str]]:
        loads.of(cluster.pods["team-fraud", "busy"]).busy_seconds = busy_seconds
        client.notes.clear()
        for change in usage.measure(10.0):
            asyncio.run(usage._write(*change))
        return [(name, notes["kwok.x-k8s.io/usage-cpu"]) for name, notes in client.notes]

    # Two workers for ten seconds are twenty; half of them is half of the pod's 500m.
    assert interval(10.0) == [("busy", "250m"), ("idle", "2m")]
    assert interval(10.1) == []
    assert interval(20.0) == [("busy", "500m")]
    assert interval(0.0) == [("busy", "2m")]
    assert interval(0.0) == []


def test_a_pod_made_anew_is_written_anew(make_pod: Make) -> None:
    """What was written to its forerunner is not on it."""
    cluster, client = Cluster(), Written()
    usage = Usage(cast(KubeClient, client), cluster, cast(Volumes, Models()), Loads(), 0.0)
    for uid in ("one", "two"):
        cluster.change_pod("ADDED", make_pod("a", metadata={"uid": uid}))
        for change in usage.measure(10.0):
            asyncio.run(usage._write(*change))

    assert [name for name, _ in client.notes] == ["a", "a"]
    assert client.notes[0][1] == {"kwok.x-k8s.io/usage-cpu": "2m", "kwok.x-k8s.io/usage-memory": "64Mi"}
