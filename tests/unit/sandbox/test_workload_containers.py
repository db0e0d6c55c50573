"""A container becomes a process: its command, environment, volumes, ports and probe."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from headgate.sandbox.layout import StateDir
from headgate.sandbox.process import HttpProbe, ProcessSpec, TcpProbe
from headgate.sandbox.region.facts import RegionFacts
from headgate.sandbox.workloads import containers, deployments, environment, volumes
from headgate.sandbox.workloads.containers import Translation, process_of, published_ports
from headgate.sandbox.workloads.failures import NotYetError, UnrunnableError
from headgate.sandbox.workloads.sources import field_of

pytestmark = pytest.mark.unit

FACTS = RegionFacts(
    cluster="west",
    location="westeurope",
    number=1,
    server="https://127.0.0.1:20443",
    ca="/pki/ca.crt",
    egress_socket="/run/egress.sock",
    ports={"egress": {"proxy": 20080}, "kube-apiserver": {"https": 20443}},
)


class FakeSources:
    """ConfigMaps and Secrets from a table; one token."""

    def __init__(self, **entries: dict[str, bytes]) -> None:
        self.entries = entries

    def config_map(self, namespace: str, name: str, optional: bool) -> dict[str, bytes]:
        """Return an entry, as the real one does."""
        if name not in self.entries and not optional:
            raise NotYetError(f"ConfigMap {namespace}/{name} not found")
        return self.entries.get(name, {})

    secret = config_map

    def token(self, pod: Any, projection: Any) -> bytes:
        """Return a token."""
        return b"token"


def a_pod(**spec: Any) -> dict[str, Any]:
    """Return a pod of one OPA container."""
    container = {
        "name": "opa",
        "image": "hg.azurecr.io/runtimes/opa:1",
        "args": ["run", "--addr=:8443", "--cert=/certs/tls.crt", "--peer=$(PEER)"],
        "env": [
            {"name": "PEER", "value": "p1"},
            {"name": "WHERE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        ],
        "ports": [{"name": "https", "containerPort": 8443}],
        "readinessProbe": {"httpGet": {"path": "/health", "port": "https", "scheme": "HTTPS"}},
        "volumeMounts": [{"name": "certs", "mountPath": "/certs"}],
    }
    metadata = {"name": "opa-1", "namespace": "gate", "uid": "u1", "labels": {"app": "opa"}}
    return {"metadata": metadata, "spec": {"containers": [{**container, **spec}], "nodeName": "n1", "volumes": []}}


def translated(tmp_path: Path, pod: dict[str, Any]) -> ProcessSpec:
    """Return the process of the pod's container."""
    sources: Any = FakeSources(settings={"LEVEL": b"debug"})
    translation = Translation(StateDir(tmp_path), FACTS, pod, tmp_path / "volumes", sources, {"opa": {8443: 21000}})
    return process_of("west/workloads/gate.opa.opa", "opa", "opa", translation)


@pytest.fixture(autouse=True)
def opa(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the program without looking for it."""
    monkeypatch.setattr(containers, "command_of", lambda program: (f"/tools/{program}",))


def test_arguments_environment_and_probe_are_those_of_this_machine(tmp_path: Path) -> None:
    """Paths, ports and variables are resolved; the supervisor fills the port in."""
    spec = translated(tmp_path, a_pod())

    here = tmp_path / "volumes"
    assert spec.argv == (
        "/tools/opa",
        "run",
        "--addr=127.0.0.1:{port:p8443}",
        f"--cert={here}/certs/tls.crt",
        "--peer=p1",
    )
    assert spec.ready == HttpProbe("https://127.0.0.1:{port:p8443}/health", status=0)
    assert spec.group == "west"
    assert dict(spec.env) == {
        "HOSTNAME": "opa-1",
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": "20443",
        "KUBERNETES_SERVICE_PORT_HTTPS": "20443",
        "HTTP_PROXY": "http://127.0.0.1:20080",
        "HTTPS_PROXY": "http://127.0.0.1:20080",
        "NO_PROXY": "127.0.0.1,localhost",
        "SSL_CERT_FILE": str(tmp_path / "pki" / "ca.crt"),
        "REQUESTS_CA_BUNDLE": str(tmp_path / "pki" / "ca.crt"),
        "PEER": "p1",
        "WHERE": "n1",
    }


def test_the_same_pod_is_the_same_process(tmp_path: Path) -> None:
    """Translating twice restarts nothing."""
    assert translated(tmp_path, a_pod()) == translated(tmp_path, a_pod())


def test_a_tcp_probe_and_a_missing_probe(tmp_path: Path) -> None:
    """A socket is asked by connecting; without a probe, running is ready."""
    assert translated(tmp_path, a_pod(readinessProbe={"tcpSocket": {"port": 8443}})).ready == TcpProbe(
        "127.0.0.1:{port:p8443}"
    )
    assert translated(tmp_path, a_pod(readinessProbe=None)).ready is None


def test_a_command_must_be_the_image_s_program(tmp_path: Path) -> None:
    """`opa` may be spelt out; a shell in its image is refused by name."""
    assert translated(tmp_path, a_pod(command=["/bin/opa", "eval"], args=[])).argv == ("/tools/opa", "eval")
    with pytest.raises(UnrunnableError, match="not as /bin/sh"):
        translated(tmp_path, a_pod(command=["/bin/sh", "-c"]))


def test_a_probe_of_an_undeclared_port_is_refused(tmp_path: Path) -> None:
    """The name can't be resolved."""
    with pytest.raises(UnrunnableError, match="probes port diag"):
        translated(tmp_path, a_pod(readinessProbe={"httpGet": {"port": "diag"}}))


def test_variables_come_from_config_maps_and_secrets() -> None:
    """Whole ones and single keys; an optional one that is absent sets nothing; a required one is waited for."""
    sources: Any = FakeSources(settings={"LEVEL": b"debug"}, token={"value": b"s3cret"})
    container = {
        "envFrom": [{"prefix": "CFG_", "configMapRef": {"name": "settings"}}],
        "env": [
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "token", "key": "value"}}},
            {"name": "NONE", "valueFrom": {"configMapKeyRef": {"name": "absent", "key": "x", "optional": True}}},
            {"name": "BOTH", "value": "$(TOKEN)/$(CFG_LEVEL)"},
        ],
    }

    values = environment.of_container(container, a_pod(), sources)
    assert values == {"CFG_LEVEL": "debug", "TOKEN": "s3cret", "BOTH": "s3cret/debug"}
    with pytest.raises(NotYetError, match="ConfigMap gate/absent not found"):
        environment.of_container({"envFrom": [{"configMapRef": {"name": "absent"}}]}, a_pod(), sources)


def test_volumes_are_written_and_kept_current(tmp_path: Path) -> None:
    """Files are private, follow their source, and go with it; a ConfigMap's mount paths are made true."""
    pod = a_pod()
    pod["spec"]["volumes"] = [
        {"name": "certs", "secret": {"secretName": "tls"}},
        {"name": "config", "configMap": {"name": "config", "items": [{"key": "c.yaml", "path": "opa/c.yaml"}]}},
        {"name": "scratch", "emptyDir": {}},
        {"name": "id", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
    ]
    sources: Any = FakeSources(tls={"tls.crt": b"one", "old": b"x"}, config={"c.yaml": b"cert: /certs/tls.crt"})
    volumes.write(pod, tmp_path, sources)
    sources.entries["tls"] = {"tls.crt": b"two"}
    volumes.write(pod, tmp_path, sources)

    files = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {
        "certs/tls.crt": b"two",
        "config/opa/c.yaml": f"cert: {tmp_path}/certs/tls.crt".encode(),
        "id/token": b"token",
    }
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()} == {0o600}
    assert (tmp_path / "scratch").is_dir()


@pytest.mark.parametrize(
    ("volume", "why"),
    [
        ({"name": "v", "hostPath": {"path": "/"}}, "no volume of kind hostPath"),
        ({"name": "v", "configMap": {"name": "c", "items": [{"key": "k", "path": "../../x"}]}}, "leads out"),
    ],
)
def test_a_volume_that_can_t_be_is_refused(tmp_path: Path, volume: dict[str, Any], why: str) -> None:
    """Host paths, and entries that would be written elsewhere."""
    pod = a_pod()
    pod["spec"]["volumes"] = [volume]
    sources: Any = FakeSources(c={"k": b""})

    with pytest.raises(UnrunnableError, match=why):
        volumes.write(pod, tmp_path, sources)


def test_a_service_may_target_a_port_by_number_or_name() -> None:
    """Both lead to the real port."""
    assert published_ports(a_pod()["spec"]["containers"][0], {8443: 21000}) == {"8443": 21000, "https": 21000}


@pytest.mark.parametrize(
    ("path", "value"),
    [("metadata.name", "opa-1"), ("metadata.labels['app']", "opa"), ("metadata.labels", 'app="opa"')],
)
def test_downward_fields_are_read_from_the_pod(path: str, value: str) -> None:
    """Names, single labels, all labels."""
    assert field_of(a_pod(), path) == value


def test_an_unknown_field_is_refused() -> None:
    """Nothing is made up."""
    with pytest.raises(UnrunnableError):
        field_of(a_pod(), "status.qosClass")


def replica(name: str, created: str, template: str, **annotations: str) -> dict[str, Any]:
    """Return a pod of a template."""
    labels = {"app": "opa", "pod-template-hash": template}
    return {
        "metadata": {"name": name, "creationTimestamp": created, "labels": labels, "annotations": annotations},
        "spec": {"volumes": []},
    }


def test_the_oldest_pod_of_the_newest_template_leads() -> None:
    """A new template takes over; more replicas of it restart nothing."""
    pods = [replica("c", "2026-01-03", "new"), replica("b", "2026-01-02", "new"), replica("a", "2026-01-01", "old")]

    leader = deployments.leading(pods)
    assert leader is not None
    assert leader["metadata"]["name"] == "b"
    assert deployments.leading([]) is None


def test_a_pod_without_its_image_volume_does_not_lead() -> None:
    """The data plane must have pulled and verified it."""
    pod = replica("a", "2026-01-01", "new")
    pod["spec"]["volumes"] = [{"name": "m", "image": {"reference": "x@sha256:1"}}]

    assert deployments.leading([pod]) is None
    pod["metadata"]["annotations"] = {deployments.VOLUMES: "ready"}
    assert deployments.leading([pod]) == pod


def test_secrets_are_decoded() -> None:
    """As they come from the API server."""
    from headgate.sandbox.workloads.sources import decoded

    assert decoded({"a": base64.b64encode(b"b").decode()}) == {"a": b"b"}
    assert decoded(None) == {}
