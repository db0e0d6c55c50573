"""What the provider refuses, and how it says so: admission, bad input, clusters that are no sandbox, plan-only runs."""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from pulumi.runtime.proto import provider_pb2

from headgate.sandbox.pki import Authority
from headgate.sandbox.providers.kubernetes import cluster as connection
from headgate.sandbox.providers.protocol.values import Secret, decode, encode

pytestmark = pytest.mark.component


def config_map(namespace: str, **data: Any) -> dict[str, Any]:
    """Return a ConfigMap document."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": namespace},
        "data": data,
    }


class _Deny(BaseHTTPRequestHandler):
    """An admission webhook that refuses everything."""

    def do_POST(self) -> None:
        """Answer a review."""
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        response = {"uid": review["request"]["uid"], "allowed": False, "status": {"message": "HG-TEST: not today"}}
        body = json.dumps(
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet."""


@pytest.fixture
def denying_webhook(sandbox: Any, cluster: Any, namespace: str, tmp_path: Path) -> Iterator[str]:
    """Refuse ConfigMaps of one namespace by a real admission webhook."""
    certificate = Authority(sandbox).server("hook", ["127.0.0.1"], tmp_path)
    server = HTTPServer(("127.0.0.1", 0), _Deny)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert, certificate.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hook = {
        "name": "deny.headgate.test",
        "clientConfig": {
            "url": f"https://127.0.0.1:{server.server_port}/",
            "caBundle": base64.b64encode(Authority(sandbox).ca_pem.encode()).decode(),
        },
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "sideEffects": "NoneOnDryRun",
        "admissionReviewVersions": ["v1"],
        "failurePolicy": "Fail",
    }
    document = {"metadata": {"name": namespace}, "webhooks": [hook]}
    collection = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    cluster.client.request("POST", collection, body=document)
    yield namespace
    cluster.client.request("DELETE", f"{collection}/{namespace}")
    server.shutdown()
    server.server_close()
    thread.join()


def test_admission_errors_appear_in_preview(engine: Any, denying_webhook: str) -> None:
    """A preview shows the message with which the gate will deny the write."""

    def attempt() -> str:
        try:
            engine.preview(config_map(denying_webhook, a="1"))
        except Exception as error:
            return str(error)
        return ""

    deadline = time.monotonic() + 20
    while not (message := attempt()):  # the API server learns of a new webhook a moment later
        assert time.monotonic() < deadline
    assert "HG-TEST: not today" in message
    assert f"ConfigMap {denying_webhook}/settings" in message


def test_validation_errors_appear_in_preview(engine: Any, namespace: str) -> None:
    """A preview shows what the API server finds wrong."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "svc", "namespace": namespace},
        "spec": {"ports": [{"port": 99999}]},
    }

    with pytest.raises(Exception, match=r"spec\.ports\[0\]\.port: Invalid value: 99999"):
        engine.preview(service)


def test_a_namespace_of_the_same_update_is_no_error_in_preview(engine: Any) -> None:
    """What can't be asked yet is previewed as it was written."""
    assert engine.preview(config_map("comes-later", a="1"))["data"] == {"a": "1"}


def test_secrets_are_masked_in_refusals(engine: Any, namespace: str) -> None:
    """The API server quotes a value that it refuses; a secret one is not passed on."""
    document = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "svc", "namespace": namespace, "labels": {"l": Secret("not a label: hunter22")}},
        "spec": {"ports": [{"port": 80}]},
    }

    with pytest.raises(Exception, match=r"Invalid value: .*\[secret\]") as caught:
        engine.preview(document)

    assert "hunter22" not in str(caught.value)


def test_kinds_that_the_stand_in_leaves_out_are_refused_by_name(engine: Any, namespace: str) -> None:
    """Patch resources, lists and Helm releases each get their own sentence."""
    patch = {**config_map(namespace), "kind": "ConfigMapPatch"}
    listing = {**config_map(namespace), "kind": "ConfigMapList"}
    release = {**config_map(namespace), "apiVersion": "helm.sh/v3", "kind": "Release"}

    for document, reason in (
        (patch, "does not patch"),
        (listing, "a list can't be created"),
        (release, "Helm releases"),
    ):
        with pytest.raises(Exception, match=reason):
            engine.check(document, "res")


def test_a_cluster_that_is_no_sandbox_is_refused(connect: Any, cluster: Any) -> None:
    """Another machine's API server, or one of another authority, is never written to."""
    foreign = yaml.safe_load(cluster.kubeconfig)
    foreign["clusters"][0]["cluster"]["server"] = "https://prod.example.com"
    with pytest.raises(Exception, match=r"(?s)works only against a sandbox.*not on this machine"):
        connect(kubeconfig=yaml.safe_dump(foreign))

    other = yaml.safe_load(cluster.kubeconfig)
    entry = other["clusters"][0]["cluster"]
    entry.pop("certificate-authority", None)
    entry["certificate-authority-data"] = (
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUIKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
    )
    with pytest.raises(Exception, match="another certificate authority"):
        connect(kubeconfig=yaml.safe_dump(other))


def test_a_plan_only_run_previews_and_changes_nothing(
    connect: Any, cluster: Any, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a back end previews are answered, and every real operation is refused."""
    monkeypatch.setenv("HEADGATE_PLAN_ONLY", "1")
    engine = connect()
    document = config_map(namespace, a="1")

    assert engine.preview(document)["data"] == {"a": "1"}
    for attempt in (lambda: engine.create(document), lambda: engine.read(document, f"{namespace}/settings")):
        with pytest.raises(Exception, match="this is a plan-only run"):
            attempt()


def test_a_cluster_that_does_not_answer_is_named(connect: Any, cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A preview goes on without it; a real operation says which server is missing."""
    monkeypatch.setattr(connection, "PATIENCE_SECONDS", 0.5)
    config = yaml.safe_load(cluster.kubeconfig)
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    engine = connect(kubeconfig=yaml.safe_dump(config))

    assert engine.preview(config_map("any", a="1"))["data"] == {"a": "1"}
    with pytest.raises(Exception, match=r"127\.0\.0\.1:1"):
        engine.create(config_map("any", a="1"))


def test_the_yaml_function_reads_manifests(engine: Any) -> None:
    """The SDK's YAML components of version 1 get their documents; other functions are refused by name."""

    def invoke(token: str, **arguments: Any) -> Any:
        request = provider_pb2.InvokeRequest(tok=token, args=encode(arguments))
        return decode(getattr(engine.stub.Invoke(request), "return"))

    assert invoke("kubernetes:yaml:decode", text="kind: A\n---\nkind: B\n") == {
        "result": [{"kind": "A"}, {"kind": "B"}]
    }
    with pytest.raises(grpc.RpcError, match="kubernetes:helm:template"):
        invoke("kubernetes:helm:template")


def test_a_lost_cluster_can_be_left_behind(connect: Any, cluster: Any, namespace: str) -> None:
    """DeleteUnreachable drops resources of a cluster that is gone; skipUpdateUnreachable keeps them as they were."""
    made = connect(kubeconfig=cluster.kubeconfig).create(config_map(namespace, a="1"))
    config = yaml.safe_load(cluster.kubeconfig)
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    gone = yaml.safe_dump(config)

    keeping = connect(kubeconfig=gone, skipUpdateUnreachable=True)
    dropping = connect(kubeconfig=gone, deleteUnreachable=True)

    assert keeping.refresh(made).inputs == made.inputs
    assert dropping.refresh(made) is None
    dropping.delete(made)
    assert cluster.client.get("v1", "ConfigMap", "settings", namespace)["data"] == {"a": "1"}


def test_provider_arguments_are_checked_and_compared(connect: Any, cluster: Any) -> None:
    """Check and diff of the provider itself go through the same rules."""
    engine = connect(kubeconfig=cluster.kubeconfig)
    news = encode({"kubeconfig": cluster.kubeconfig, "renderYamlToDirectory": "out"})

    failures = engine.stub.CheckConfig(provider_pb2.CheckRequest(news=news)).failures
    found = engine.stub.DiffConfig(provider_pb2.DiffRequest(old_inputs=encode({"namespace": "a"}), news=encode({})))

    assert [item.property for item in failures] == ["renderYamlToDirectory"]
    assert (list(found.diffs), list(found.replaces)) == (["namespace"], [])
