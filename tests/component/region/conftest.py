"""What tests of a region share: a simulated node and a namespace that it runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from headgate.sandbox.kube import KubeClient
from tests.component.region.steps import apply, exists, named, until


@pytest.fixture(scope="session")
def node(kube: KubeClient) -> Iterator[str]:
    """Return a simulated node."""
    capacity = {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "64Gi", "pods": "110"}
    annotations = {
        "kwok.x-k8s.io/node": "fake",
        "metrics.k8s.io/resource-metrics-path": "/metrics/nodes/component-1/metrics/resource",
    }
    body = named("Node", "component-1", metadata={"annotations": annotations})
    apply(kube, body)
    kube.patch(
        "v1", "Node", "component-1", {"status": {"capacity": capacity, "allocatable": capacity}}, subresource="status"
    )
    yield "component-1"
    kube.delete("v1", "Node", "component-1")


@pytest.fixture(scope="session")
def namespace(kube: KubeClient, node: str) -> Iterator[str]:
    """Return a namespace with a node to run its pods."""
    apply(kube, named("Namespace", "component-region"))
    until(lambda: exists(kube, "v1", "ServiceAccount", "default", "component-region"))
    yield "component-region"
    kube.delete("v1", "Namespace", "component-region")
