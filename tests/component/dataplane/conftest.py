"""What a pod with a model needs: a registry with TLS under a name of the network map, a node, a namespace per test."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from headgate.model import ModelRegistry, Registry, program_image
from headgate.sandbox import network
from headgate.sandbox.control import Control, ProcessSpec, RegionEndpoints, TcpProbe
from headgate.sandbox.dataplane.registries import sandbox_resolver
from headgate.sandbox.dataplane.steering import Steering
from headgate.sandbox.kube import KubeClient
from headgate.sandbox.layout import CHECKOUT, StateDir
from headgate.sandbox.pki import Authority
from headgate.sandbox.toolchain import tool_path

LOGIN_SERVER = "hgcomponent.azurecr.io"
EXAMPLE = CHECKOUT / "examples" / "models" / "fraud-score"
TIMEOUT = 40.0


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait until a condition holds, and return what it gave."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {TIMEOUT} s: {what}")


@pytest.fixture(scope="session")
def wait() -> Callable[[Callable[[], Any], str], Any]:
    """Return the way to wait for a condition."""
    return until


@pytest.fixture(scope="session")
def registry(sandbox: StateDir, control: Control) -> Iterator[Registry]:
    """Run a registry as the sandbox does: TLS by the sandbox's authority, found by the network map."""
    pair = Authority(sandbox).server("registry-component", [LOGIN_SERVER])
    config = sandbox.root / "registry-component.yml"
    config.write_text(
        "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
        f"storage: {{filesystem: {{rootdirectory: {sandbox.root / 'registry-component'}}}}}\n"
        f"http: {{addr: '127.0.0.1:0', tls: {{certificate: {pair.cert}, key: {pair.key}}}}}\n"
    )
    spec = ProcessSpec(
        name="registry-component",
        argv=(str(tool_path("registry")), "serve", str(config)),
        env={"REGISTRY_HTTP_ADDR": "127.0.0.1:{port:https}", "OTEL_TRACES_EXPORTER": "none"},
        ready=TcpProbe("127.0.0.1:{port:https}"),
    )
    status = control.ensure_process(spec)
    network.publish(sandbox, "registry-component", {f"{LOGIN_SERVER}:443": f"127.0.0.1:{status.ports['https']}"})
    yield Registry(LOGIN_SERVER, sandbox_resolver(sandbox))
    network.withdraw(sandbox, "registry-component")
    control.stop_process("registry-component")


@pytest.fixture(scope="session")
def models(registry: Registry) -> ModelRegistry:
    """Return the registry's models."""
    return ModelRegistry(registry)


@pytest.fixture(scope="session")
def runtime(registry: Registry) -> str:
    """Return the reference of a container image that exists."""
    return program_image("oip-server", "0.0.1").push(registry)


@pytest.fixture(scope="session")
def ports(control: Control, region: RegionEndpoints) -> dict[str, int]:
    """Return where the region's data plane answers."""
    name = f"{region.cluster}/dataplane"
    return dict(next(row for row in control.processes() if row.name == name).ports)


@pytest.fixture
def steering(sandbox: StateDir, region: RegionEndpoints) -> Iterator[Steering]:
    """Return the region's control, and lift every rule afterwards."""
    made = Steering(sandbox, region.cluster)
    yield made
    made.clear()


@pytest.fixture(scope="module")
def node(kube: KubeClient) -> Iterator[str]:
    """Return a simulated node for the module's pods."""
    name = f"node-{uuid.uuid4().hex[:6]}"
    notes = {
        "kwok.x-k8s.io/node": "fake",
        "metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{name}/metrics/resource",
    }
    room = {"cpu": "16", "memory": "64Gi", "pods": "110"}
    metadata = {"name": name, "annotations": notes, "labels": {"kubernetes.io/hostname": name}}
    kube.apply({"apiVersion": "v1", "kind": "Node", "metadata": metadata}, field_manager="test")
    kube.patch("v1", "Node", name, {"status": {"capacity": room, "allocatable": room}}, subresource="status")
    yield name
    kube.delete("v1", "Node", name)


@dataclass(frozen=True)
class Served:
    """A model served in a namespace of its own."""

    kube: KubeClient
    namespace: str
    name: str
    runtime: str
    node: str

    def pods(self) -> list[dict[str, Any]]:
        """Return the namespace's pods that are not being deleted."""
        rows = self.kube.list("v1", "Pod", self.namespace)["items"]
        return [row for row in rows if "deletionTimestamp" not in row["metadata"]]

    def ready(self, count: int) -> bool:
        """Say whether so many pods are ready."""
        return sum(is_ready(pod) for pod in self.pods()) == count

    def deploy(
        self,
        reference: str,
        replicas: int = 1,
        image: str | None = None,
        notes: dict[str, str] | None = None,
        speaks_grpc: bool = False,
    ) -> None:
        """Apply Deployment, Service and Ingress."""
        labels = {"app": self.name}
        container = {
            "name": "runtime",
            "image": image or self.runtime,
            "resources": {"requests": {"cpu": "500m", "memory": "128Mi"}},
            "ports": [
                {"name": "http", "containerPort": 8080},
                *([{"name": "grpc", "containerPort": 9000}] if speaks_grpc else []),
            ],
        }
        pod = {
            "nodeName": self.node,
            "containers": [container],
            "volumes": [{"name": "model", "image": {"reference": reference}}],
        }
        template = {"metadata": {"labels": labels, "annotations": notes or {}}, "spec": pod}
        spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
        self._apply("apps/v1", "Deployment", {**spec, "strategy": {"type": "Recreate"}})
        ports = [{"name": "http", "port": 80, "targetPort": "http"}]
        self._apply("v1", "Service", {"selector": labels, "ports": ports})
        backend = {"service": {"name": self.name, "port": {"name": "http"}}}
        path = {"path": f"/v2/models/{self.name}", "pathType": "Prefix", "backend": backend}
        self._apply(
            "networking.k8s.io/v1",
            "Ingress",
            {"ingressClassName": "headgate", "rules": [{"http": {"paths": [path]}}]},
        )

    def _apply(self, api_version: str, kind: str, spec: dict[str, Any]) -> None:
        metadata = {"name": self.name, "namespace": self.namespace}
        document = {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
        self.kube.apply(document, field_manager="test", force=True)


def is_ready(pod: dict[str, Any]) -> bool:
    """Say whether a pod is ready."""
    rows = pod["status"].get("conditions") or ()
    return any(row["type"] == "Ready" and row["status"] == "True" for row in rows)


@pytest.fixture
def served(kube: KubeClient, node: str, runtime: str) -> Iterator[Served]:
    """Return a namespace and a model name of the test's own; both go with it."""
    name = f"m-{uuid.uuid4().hex[:8]}"
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, field_manager="test")
    made = Served(kube, name, name, runtime, node)
    yield made
    kube.delete("apps/v1", "Deployment", name, namespace=name) if made.pods() else None
    kube.delete("v1", "Namespace", name)


@pytest.fixture(scope="session")
def example() -> Path:
    """Return the example model's directory."""
    return EXAMPLE
