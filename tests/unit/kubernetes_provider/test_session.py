"""What a configured provider knows without a cluster, and what it tells the engine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2

from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.providers.kubernetes.checking import checked
from headgate.sandbox.providers.kubernetes.comparing import compare, must_delete_first
from headgate.sandbox.providers.kubernetes.kinds import Kind
from headgate.sandbox.providers.kubernetes.session import Session
from headgate.sandbox.providers.kubernetes.settings import Settings
from headgate.sandbox.providers.protocol.diff import Change, PropertyChange
from headgate.sandbox.providers.protocol.engine import EngineLog
from headgate.sandbox.providers.protocol.values import UNKNOWN, Secret, encode

pytestmark = pytest.mark.unit

URN = "urn:pulumi:dev::headgate::kubernetes:{}::res"


class _Engine(engine_pb2_grpc.EngineServicer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, bool]] = []

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        """Keep a message."""
        self.heard.append((request.urn, request.message, request.ephemeral))
        return empty_pb2.Empty()


@pytest.fixture
def engine() -> Iterator[tuple[str, _Engine]]:
    """Serve an engine on loopback."""
    found = _Engine()
    server = grpc.server(ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(found, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}", found
    server.stop(None).wait()


def session(tmp_path: Path, log: EngineLog | None = None, **settings: Any) -> Session:
    """Return a session without a cluster."""
    options = Settings(**({"plan_only": True} | settings))
    return Session(options, log or EngineLog(None), threading.Event(), StateDir(tmp_path))


def test_messages_reach_the_engine(engine: tuple[str, _Engine]) -> None:
    """A status is short-lived, a warning stays; an engine that is gone is no error."""
    address, heard = engine
    sender = EngineLog(None)
    sender.status("urn:a", "to nobody")
    sender.attach(address)
    sender.status("urn:a", "waiting")
    sender.warning("urn:b", "careful")
    sender.close()

    assert heard.heard == [("urn:a", "waiting", True), ("urn:b", "careful", False)]


def test_a_cluster_that_is_missing_degrades_a_preview_and_fails_an_operation(tmp_path: Path) -> None:
    """A broken kubeconfig is an error only where a cluster is needed."""
    found = session(tmp_path, plan_only=False, kubeconfig=str(tmp_path / "missing"))

    assert found.for_preview("urn:x") is None
    with pytest.raises(HeadgateError, match="the kubeconfig names no cluster"):
        found.require()


def test_a_plan_only_session_can_not_act(tmp_path: Path) -> None:
    """The message names the variable that made it so."""
    with pytest.raises(HeadgateError, match="plan-only") as caught:
        session(tmp_path).require()

    assert caught.value.found == "HEADGATE_PLAN_ONLY=1"


def test_a_definition_of_the_program_tells_the_scope_of_its_kind(tmp_path: Path) -> None:
    """Before the cluster knows a custom kind, its definition in the program does; else a namespace is assumed."""
    found = session(tmp_path)
    names = {"kind": "Widget"}
    found.declare({"kind": "CustomResourceDefinition", "spec": {"group": "a.b", "scope": "Cluster", "names": names}})
    found.declare({"kind": "CustomResourceDefinition", "spec": UNKNOWN})

    assert [found.is_namespaced(Kind("a.b/v1", kind), "urn:x") for kind in ("Widget", "Gadget")] == [False, True]


def check(found: Session, token: str, news: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Return checked inputs and failures."""
    return checked(found, provider_pb2.CheckRequest(urn=URN.format(token), news=encode(news), randomSeed=b"s"))


def test_check_completes_what_the_program_left_out(tmp_path: Path) -> None:
    """Kind and namespace are filled in; a cluster-scoped kind loses a namespace; unknown metadata is left."""
    found = session(tmp_path, namespace="team")
    config_map = {"metadata": {"name": "n"}, "data": {"a": Secret("x")}}
    space = {"metadata": {"name": "n", "namespace": "no"}}

    assert check(found, "core/v1:ConfigMap", config_map) == (
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "n", "namespace": "team"},
            "data": {"a": Secret("x")},
        },
        [],
    )
    assert check(found, "core/v1:Namespace", space)[0]["metadata"] == {"name": "n"}
    assert check(found, "core/v1:ConfigMap", {"metadata": UNKNOWN})[0]["metadata"] is UNKNOWN


def test_check_names_what_contradicts_the_type(tmp_path: Path) -> None:
    """A wrong apiVersion, kind or name is a failure of that property."""
    found = session(tmp_path)
    news = {"apiVersion": "v2", "kind": "Secret", "metadata": {"name": 5}}

    _, failures = check(found, "core/v1:ConfigMap", news)

    assert [name for name, _ in failures] == ["apiVersion", "kind", "metadata.name"]
    assert [name for name, _ in check(found, "core/v1:ConfigMap", {"metadata": "x"})[1]] == ["metadata"]


def test_a_comparison_without_a_cluster_uses_the_table(tmp_path: Path) -> None:
    """Changes are named, ignored ones left out, replacing ones marked; a fixed name is deleted first."""
    old = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"a": "1"}, "uid": "x"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "1"}}},
    }
    new = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"a": "2"}},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"a": UNKNOWN}}},
    }

    found = compare(session(tmp_path), "urn:x", old, new, {}, ["spec.replicas"])

    assert found == [
        PropertyChange(("metadata", "labels", "a"), Change.UPDATE),
        PropertyChange(("spec", "selector", "matchLabels", "a"), Change.UPDATE, replace=True),
    ]
    assert must_delete_first(old, new)
    assert not must_delete_first(old, {**new, "metadata": {"name": "other"}})
    automatic = {"name": "web", "annotations": {"pulumi.com/autonamed": "true"}}
    assert not must_delete_first(old, {**new, "metadata": automatic})
