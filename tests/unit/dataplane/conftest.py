"""Documents as the API server gives them, made short."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from headgate.model import Descriptor, RegistryError, build
from headgate.model.descriptor import IMAGE_MANIFEST
from headgate.model.registry import Manifest, canonical
from headgate.model.versions import Built
from headgate.sandbox.layout import CHECKOUT

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
    """Return an Ingress of our class; `changes` may set the rest."""
    rule = {"http": {"paths": [{"path": path, "backend": {"service": {"name": service}}}]}}
    if "host" in changes:
        rule["host"] = changes["host"]
    return {
        "metadata": {
            "namespace": changes.get("namespace", "team-fraud"),
            "name": name,
            "annotations": changes.get("annotations", {}),
            "creationTimestamp": changes.get("created", "2026-01-01T00:00:00Z"),
        },
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


class MemoryBlobs:
    """Blobs of a registry that is a dictionary."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.downloads: list[str] = []

    def read(self, repository: str, descriptor: Descriptor) -> bytes:
        """Return a blob."""
        return self.content[descriptor.digest]

    def stream_whole(self, repository: str, descriptor: Descriptor, offset: int = 0) -> Iterator[bytes]:
        """Yield a blob's bytes."""
        self.downloads.append(descriptor.digest)
        yield self.content[descriptor.digest][offset:]


class MemoryRegistry:
    """A registry in memory, as far as the data plane asks one. `away` makes it not answer."""

    def __init__(self) -> None:
        self.blobs = MemoryBlobs()
        self.manifests: dict[str, Manifest] = {}
        self.away = False
        self.asked = 0

    def add(self, built: Built) -> str:
        """Hold a model version, and return the reference of it."""
        for layer in built.layers:
            self.blobs.content[layer.digest] = b"".join(layer.chunks())
        self.blobs.content[built.config.digest] = built.config.data
        raw = canonical(built.manifest)
        digest = built.model.digest
        self.manifests[digest] = Manifest(Descriptor(IMAGE_MANIFEST, digest, len(raw)), raw, built.manifest)
        return f"reg.example/{built.model.repository}@{digest}"

    def manifest(self, repository: str, reference: str) -> Manifest:
        """Return a manifest, or refuse as registries do."""
        self.asked += 1
        if self.away:
            raise RegistryError("the registry does not answer", where="reg.example")
        if reference not in self.manifests:
            raise RegistryError("the registry does not have it", where=reference, status=404)
        return self.manifests[reference]

    def digest(self, repository: str, reference: str) -> str | None:
        """Say that every image exists but one."""
        self.asked += 1
        return None if "missing" in repository else reference


@pytest.fixture
def registry() -> MemoryRegistry:
    """Return an empty registry."""
    return MemoryRegistry()


@pytest.fixture(scope="session")
def example() -> Built:
    """Return the example model, built."""
    return build(CHECKOUT / "examples" / "models" / "fraud-score", "fraud/fraud-score", "1.0.0")
