"""Documents as the API server gives them, made short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

DIGEST = "sha256:" + "a" * 64
REFERENCE = f"reg.example/models/fraud/fraud-score@{DIGEST}"


def pod_document(name: str = "p", **changes: Any) -> dict[str, Any]:
    """Return a ready pod with a model; `changes` replaces parts of metadata, spec or status."""
    metadata = {"namespace": "team-fraud", "name": name, "uid": f"uid-{name}", "labels": {"app": "fraud-score"}}
    spec = {
        "nodeName": "n1",
        "containers": [{"image": f"reg.example/runtimes/oip@{DIGEST}", "resources": {"requests": {"cpu": "500m"}}}],
        "volumes": [{"name": "model", "image": {"reference": REFERENCE}}],
    }
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    return {
        "metadata": {**metadata, **changes.get("metadata", {})},
        "spec": {**spec, **changes.get("spec", {})},
        "status": {**status, **changes.get("status", {})},
    }


def slice_document(*pods: str, service: str = "fraud-score", name: str = "s", ready: bool = True) -> dict[str, Any]:
    """Return an EndpointSlice."""
    return {
        "metadata": {
            "namespace": "team-fraud",
            "name": name,
            "labels": {"kubernetes.io/service-name": service},
        },
        "endpoints": [{"targetRef": {"kind": "Pod", "name": pod}, "conditions": {"ready": ready}} for pod in pods],
    }


def ingress_document(
    path: str = "/v2/models/fraud-score", service: str = "fraud-score", name: str = "i", **changes: Any
) -> dict[str, Any]:
    """Return an Ingress of our class; `changes` may set host, klass, annotations, tls, status."""
    rule = {"http": {"paths": [{"path": path, "backend": {"service": {"name": service}}}]}}
    if "host" in changes:
        rule["host"] = changes["host"]
    return {
        "metadata": {"namespace": "team-fraud", "name": name, "annotations": changes.get("annotations", {})},
        "spec": {
            "ingressClassName": changes.get("klass", "headgate"),
            "tls": changes.get("tls", []),
            "rules": [rule],
        },
        "status": changes.get("status", {}),
    }


@pytest.fixture
def make_pod() -> Callable[..., dict[str, Any]]:
    """Return a maker of pods."""
    return pod_document


@pytest.fixture
def make_slice() -> Callable[..., dict[str, Any]]:
    """Return a maker of EndpointSlices."""
    return slice_document


@pytest.fixture
def make_ingress() -> Callable[..., dict[str, Any]]:
    """Return a maker of Ingresses."""
    return ingress_document
