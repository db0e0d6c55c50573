"""A control plane with simulated nodes, and an engine that drives the provider over gRPC as Pulumi does."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from headgate.sandbox.control import Control, RegionEndpoints
from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.providers.kubernetes.provider import KubernetesProvider
from headgate.sandbox.providers.protocol.server import start
from headgate.sandbox.providers.protocol.values import decode, encode


def eventually(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Return what a condition returns once it is truthy."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = condition()
        except (KubeError, OSError):
            found = None
        if found:
            return found
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


@dataclass(frozen=True)
class Cluster:
    """The session's region, with nodes."""

    endpoints: RegionEndpoints
    control: Control
    client: KubeClient

    @property
    def kubeconfig(self) -> str:
        """Content of the administrator's kubeconfig."""
        return Path(self.endpoints.kubeconfig_path).read_text()

    def kill_api_server(self) -> None:
        """End the API server as a crash would; the supervisor starts it again."""
        (found,) = [row for row in self.control.processes() if row.name.endswith("/kube-apiserver")]
        assert found.pid is not None
        os.kill(found.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def cluster(region: RegionEndpoints, control: Control, kube: KubeClient) -> Iterator[Cluster]:
    """Return the region with two nodes."""
    names = ["provider-node-a", "provider-node-b"]
    for name in names:
        kube.request("POST", "/api/v1/nodes", body=_node(name))
    eventually(lambda: kube.get("v1", "ServiceAccount", "default", "default"))
    yield Cluster(region, control, kube)
    for name in names:
        kube.request("DELETE", f"/api/v1/nodes/{name}")


def _node(name: str) -> dict[str, Any]:
    size = {"cpu": "8", "memory": "32Gi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"kubernetes.io/hostname": name},
        },
        "status": {"allocatable": size, "capacity": size},
    }


@dataclass
class Resource:
    """What the engine's state keeps of one resource."""

    urn: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


class RefusedError(Exception):
    """The provider refused a call; `reasons` are set when the resource exists and is not ready."""

    def __init__(self, error: grpc.RpcError) -> None:
        """Read the status and its details."""
        super().__init__(error.details())
        self.reasons: list[str] = []
        self.partial: provider_pb2.ErrorResourceInitFailed | None = None
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                detail = provider_pb2.ErrorResourceInitFailed()
                status_pb2.Status.FromString(value).details[0].Unpack(detail)
                self.partial, self.reasons = detail, list(detail.reasons)


class Engine:
    """Calls the provider in the order in which Pulumi's engine does."""

    def __init__(self, stub: provider_pb2_grpc.ResourceProviderStub) -> None:
        """Use a configured provider."""
        self.stub = stub

    def urn(self, document: dict[str, Any], name: str) -> str:
        """Return the URN of a resource of this document's kind."""
        version = document["apiVersion"]
        module = version if "/" in version else f"core/{version}"
        return f"urn:pulumi:test::headgate::kubernetes:{module}:{document['kind']}::{name}"

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self.stub, method)(request)
        except grpc.RpcError as error:
            raise RefusedError(error) from error

    def check(self, document: dict[str, Any], name: str, old: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return checked inputs."""
        request = provider_pb2.CheckRequest(
            urn=self.urn(document, name), news=encode(document), olds=encode(old or {}), randomSeed=b"seed"
        )
        response = self._call("Check", request)
        assert [(item.property, item.reason) for item in response.failures] == []
        return decode(response.inputs)

    def preview(self, document: dict[str, Any], name: str = "res") -> dict[str, Any]:
        """Return the outputs of a previewed create."""
        inputs = self.check(document, name)
        request = provider_pb2.CreateRequest(urn=self.urn(document, name), properties=encode(inputs), preview=True)
        return decode(self._call("Create", request).properties)

    def create(self, document: dict[str, Any], name: str = "res", timeout: float = 0) -> Resource:
        """Create a resource."""
        inputs, urn = self.check(document, name), self.urn(document, name)
        request = provider_pb2.CreateRequest(urn=urn, properties=encode(inputs), timeout=timeout)
        response = self._call("Create", request)
        return Resource(urn, response.id, inputs, decode(response.properties))

    def diff(
        self, old: Resource, document: dict[str, Any], ignore: list[str] | None = None
    ) -> provider_pb2.DiffResponse:
        """Return what a document would change."""
        inputs = self.check(document, old.urn.rpartition("::")[2], old.inputs)
        request = provider_pb2.DiffRequest(
            id=old.id,
            urn=old.urn,
            olds=encode(old.outputs),
            old_inputs=encode(old.inputs),
            news=encode(inputs),
            ignoreChanges=ignore or [],
        )
        response: provider_pb2.DiffResponse = self._call("Diff", request)
        return response

    def changed(self, old: Resource, document: dict[str, Any]) -> dict[str, str]:
        """Return the changed properties and how."""
        found = self.diff(old, document).detailedDiff
        return {path: provider_pb2.PropertyDiff.Kind.Name(entry.kind) for path, entry in found.items()}

    def update(
        self,
        old: Resource,
        document: dict[str, Any],
        *,
        preview: bool = False,
        timeout: float = 0,
        ignore: list[str] | None = None,
    ) -> Resource:
        """Update a resource."""
        inputs = self.check(document, old.urn.rpartition("::")[2], old.inputs)
        request = provider_pb2.UpdateRequest(
            id=old.id,
            urn=old.urn,
            olds=encode(old.outputs),
            old_inputs=encode(old.inputs),
            news=encode(inputs),
            preview=preview,
            timeout=timeout,
            ignoreChanges=ignore or [],
        )
        return Resource(old.urn, old.id, inputs, decode(self._call("Update", request).properties))

    def refresh(self, old: Resource) -> Resource | None:
        """Read a resource that state knows."""
        request = provider_pb2.ReadRequest(
            id=old.id, urn=old.urn, properties=encode(old.outputs), inputs=encode(old.inputs)
        )
        response = self._call("Read", request)
        if not response.id:
            return None
        return Resource(old.urn, response.id, decode(response.inputs), decode(response.properties))

    def read(self, document: dict[str, Any], resource_id: str, name: str = "res") -> Resource | None:
        """Import a resource."""
        return self.refresh(Resource(self.urn(document, name), resource_id, {}, {}))

    def delete(self, old: Resource, timeout: float = 0) -> None:
        """Delete a resource."""
        request = provider_pb2.DeleteRequest(
            id=old.id, urn=old.urn, properties=encode(old.outputs), old_inputs=encode(old.inputs), timeout=timeout
        )
        self._call("Delete", request)


@pytest.fixture
def connect(sandbox: StateDir, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Engine]]:
    """Return a function that starts and configures a provider."""
    monkeypatch.setenv("HEADGATE_STATE", str(sandbox.root))
    running: list[tuple[grpc.Server, grpc.Channel]] = []

    def configured(**arguments: Any) -> Engine:
        server, port = start(KubernetesProvider())
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        running.append((server, channel))
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Handshake(provider_pb2.ProviderHandshakeRequest())
        try:
            stub.Configure(provider_pb2.ConfigureRequest(args=encode(arguments), acceptSecrets=True))
        except grpc.RpcError as error:
            raise RefusedError(error) from error
        return Engine(stub)

    yield configured
    for server, channel in running:
        channel.close()
        server.stop(None).wait()


@pytest.fixture
def engine(cluster: Cluster, connect: Callable[..., Engine]) -> Engine:
    """Return an engine whose provider is configured for the region."""
    return connect(kubeconfig=cluster.kubeconfig)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """Make a namespace for one test."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    cluster.client.request("POST", "/api/v1/namespaces", body={"metadata": {"name": name}})
    eventually(lambda: cluster.client.get("v1", "ServiceAccount", "default", name))
    yield name
    cluster.client.delete("v1", "Namespace", name)
