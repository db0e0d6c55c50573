"""A control plane with simulated nodes, and an engine that drives the provider over gRPC as Pulumi does."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.process import ProcessSpec, RegionSpec
from headgate.sandbox.providers.kubernetes.provider import KubernetesProvider
from headgate.sandbox.providers.protocol.server import start
from headgate.sandbox.providers.protocol.values import decode, encode
from headgate.sandbox.region import plan
from headgate.sandbox.region.context import RegionContext

CLUSTER = "aks-test"
_NEEDED = {"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"}


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


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Region:
    """The processes of one control plane."""

    context: RegionContext
    specs: dict[str, ProcessSpec]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def kubeconfig(self) -> str:
        """Content of the administrator's kubeconfig."""
        return self.context.admin_kubeconfig.read_text()

    @property
    def client(self) -> KubeClient:
        """An administrator's client."""
        return KubeClient.from_kubeconfig(self.kubeconfig)

    def launch(self, name: str) -> None:
        """Start one process of the region."""
        ports = self.context.ports[name]
        argv = [re.sub(r"\{port:(\w+)\}", lambda match: str(ports[match[1]]), item) for item in self.specs[name].argv]
        log = self.context.directory / f"{name}.log"
        with log.open("ab") as output:
            self.running[name] = subprocess.Popen(
                argv, env={**os.environ, **self.specs[name].env}, stdout=output, stderr=output
            )

    def kill(self, name: str) -> None:
        """End one process as a crash would."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def wait_ready(self) -> None:
        """Wait until the API server serves."""
        eventually(lambda: self.client.request("GET", "/readyz", timeout=2) == "ok")


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> StateDir:
    """Make a state directory for this run."""
    return StateDir(tmp_path_factory.mktemp("hg")).ensure()


@pytest.fixture(scope="session")
def region(state: StateDir) -> Iterator[Region]:
    """Start a control plane with two nodes."""

    def reserve(_owner: str, names: Any) -> dict[str, int]:
        return {name: free_port() for name in names}

    ports = plan.reserve_ports(CLUSTER, reserve)
    context = RegionContext(state, RegionSpec(CLUSTER, "uaenorth", "1.36"), 1, ports)
    context.directory.mkdir(parents=True, exist_ok=True)
    specs = {spec.name.rpartition("/")[2]: spec for stage in plan.prepare(context) for spec in stage.processes}
    found = Region(context, {name: spec for name, spec in specs.items() if name in _NEEDED})
    try:
        found.launch("etcd")
        found.launch("kube-apiserver")
        found.wait_ready()
        for stage in plan.prepare(context):
            if stage.after:
                stage.after()
        for name in sorted(_NEEDED - found.running.keys()):
            found.launch(name)
        for name in ("node-a", "node-b"):
            found.client.request("POST", "/api/v1/nodes", body=_node(name))
        eventually(lambda: found.client.get("v1", "ServiceAccount", "default", "default"))
        yield found
    finally:
        for process in found.running.values():
            process.kill()
        for process in found.running.values():
            process.wait()


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
def connect(state: StateDir, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Engine]]:
    """Return a function that starts and configures a provider."""
    monkeypatch.setenv("HEADGATE_STATE", str(state.root))
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
def engine(region: Region, connect: Callable[..., Engine]) -> Engine:
    """Return an engine whose provider is configured for the region."""
    return connect(kubeconfig=region.kubeconfig)


@pytest.fixture
def namespace(region: Region) -> Iterator[str]:
    """Make a namespace for one test."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    region.client.request("POST", "/api/v1/namespaces", body={"metadata": {"name": name}})
    eventually(lambda: region.client.get("v1", "ServiceAccount", "default", name))
    yield name
    region.client.delete("v1", "Namespace", name)
