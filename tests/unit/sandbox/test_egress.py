"""The egress proxy's one decision, and the rewriting of plain requests."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from headgate.sandbox import network
from headgate.sandbox.egress.proxy import http_target, origin_form
from headgate.sandbox.egress.routes import RefusedError, Routes
from headgate.sandbox.egress.services import table_of
from headgate.sandbox.layout import StateDir
from headgate.sandbox.region.facts import RegionFacts
from headgate.sandbox.workloads import published
from headgate.sandbox.workloads.balancers import Balancers
from headgate.sandbox.workloads.published import Published

pytestmark = pytest.mark.unit

FACTS = RegionFacts(
    cluster="west",
    location="westeurope",
    number=3,
    server="https://127.0.0.1:20443",
    ca="/pki/ca.crt",
    egress_socket="/run/egress.sock",
    ports={
        "kube-apiserver": {"https": 20443},
        "kwok": {"https": 20250},
        "metrics-server": {"https": 20444},
        "dataplane": {"http": 20080, "https": 20081, "grpc": 20082},
    },
)
OPA = Published("gate", "opa", "opa", "west/workloads/gate.opa.opa", {"app": "opa"}, {"8443": 21000, "https": 21000})


def service(
    name: str, namespace: str, ip: str, selector: dict[str, str] | None, *ports: dict[str, Any]
) -> dict[str, Any]:
    """Return a Service."""
    metadata = {"name": name, "namespace": namespace, "uid": f"{namespace}/{name}", "creationTimestamp": name}
    return {"metadata": metadata, "spec": {"clusterIPs": [ip], "selector": selector, "ports": list(ports)}}


HTTPS = {"name": "https", "port": 443, "targetPort": "https"}


class FakeServices:
    """Services from a list; counts how often it was asked to look again."""

    def __init__(self, *services: dict[str, Any]) -> None:
        self.synced = threading.Event()
        self.synced.set()
        self.table = table_of(list(services))
        self.refreshed = 0

    def find(self, host: str, port: int) -> Any:
        """Look up."""
        return self.table.get((host, port))

    def refresh(self) -> None:
        """Count."""
        self.refreshed += 1


def routes(tmp_path: Path, *services: dict[str, Any]) -> Routes:
    """Return the routes of a region with these Services and one real OPA."""
    state = StateDir(tmp_path)
    published.publish(state.region("west"), [OPA])
    fake: Any = FakeServices(*services)
    return Routes(state, FACTS, fake)


@pytest.mark.parametrize("host", ["10.96.0.7", "opa.gate", "opa.gate.svc", "opa.gate.svc.cluster.local"])
def test_a_service_leads_to_the_process_behind_its_selector(tmp_path: Path, host: str) -> None:
    """By cluster IP, as API servers ask, or by name, as workloads do."""
    table = routes(tmp_path, service("opa", "gate", "10.96.0.7", {"app": "opa"}, HTTPS))

    assert table.resolve(host, 443) == ("127.0.0.1", 21000)


def test_the_network_map_is_asked_first(tmp_path: Path) -> None:
    """A registry's name leads to the real registry."""
    table = routes(tmp_path)
    network.publish(table.state, "registry", {"hg.azurecr.io:443": "127.0.0.1:22000"})

    assert table.resolve("hg.azurecr.io", 443) == ("127.0.0.1", 22000)


def test_the_sandbox_s_own_services_lead_to_its_own_processes(tmp_path: Path) -> None:
    """The API server, the metrics API and the simulated kubelets."""
    table = routes(tmp_path, service("metrics-server", "kube-system", "10.96.0.9", None, HTTPS))

    assert table.resolve("10.96.0.1", 443) == ("127.0.0.1", 20443)
    assert table.resolve("10.96.0.9", 443) == ("127.0.0.1", 20444)
    assert table.resolve("127.0.0.1", 20250) == ("127.0.0.1", 20250)


@pytest.mark.parametrize(
    ("host", "port", "status"),
    [("example.org", 443, 403), ("127.0.0.1", 22, 403), ("169.254.169.254", 80, 403), ("10.96.0.99", 443, 403)],
)
def test_everything_else_is_refused(tmp_path: Path, host: str, port: int, status: int) -> None:
    """The world, this machine's other ports, metadata services, unknown Services."""
    with pytest.raises(RefusedError) as caught:
        routes(tmp_path).resolve(host, port)
    assert caught.value.status == status


def test_a_service_without_a_real_process_is_unavailable(tmp_path: Path) -> None:
    """Pods on paper answer nothing, in another namespace neither; a port nobody declares is a mistake."""
    on_paper = service("web", "gate", "10.96.0.8", {"app": "web"}, HTTPS)
    elsewhere = service("opa", "other", "10.96.0.6", {"app": "opa"}, HTTPS)
    mistaken = service("opa", "gate", "10.96.0.7", {"app": "opa"}, {"port": 80, "targetPort": 9999})
    table = routes(tmp_path, on_paper, elsewhere, mistaken)

    found = {}
    for host, port in (("10.96.0.8", 443), ("10.96.0.6", 443), ("10.96.0.7", 80)):
        with pytest.raises(RefusedError) as caught:
            table.resolve(host, port)
        found[host] = caught.value.status
    assert found == {"10.96.0.8": 503, "10.96.0.6": 503, "10.96.0.7": 502}


def test_a_young_service_is_looked_for_again(tmp_path: Path) -> None:
    """The watch may be behind; a host that is no Service is not looked for."""
    table = routes(tmp_path)
    for host in ("10.96.0.50", "www.example.org"):
        with pytest.raises(RefusedError):
            table.resolve(host, 443)

    assert table.services.refreshed == 1  # type: ignore[attr-defined]


def test_load_balancers_are_addressed_and_mapped(tmp_path: Path) -> None:
    """The gateway's ports lead to the data plane by protocol, others to their process; addresses are kept.

    An address is written only over the version that was read: who gave one meanwhile is not overruled.
    """
    patched: list[tuple[str, Any, str]] = []

    class Client:
        """Records status patches."""

        def patch(self, version: str, kind: str, name: str, body: Any, **rest: Any) -> None:
            """Record."""
            address = body["status"]["loadBalancer"]["ingress"][0]["ip"]
            patched.append((name, address, body["metadata"]["resourceVersion"]))

    rows = ({"name": "http", "port": 80}, {"name": "https", "port": 443}, {"name": "grpc", "port": 9000})
    gateway = service("gateway", "headgate-gateway", "10.96.0.20", {"app": "gateway"}, *rows)
    opa = service("opa", "gate", "10.96.0.7", {"app": "opa"}, HTTPS)
    opa["status"] = {"loadBalancer": {"ingress": [{"ip": "10.64.3.10"}]}}
    for each in (gateway, opa):
        each["spec"]["type"] = "LoadBalancer"
        each["metadata"]["resourceVersion"] = "7"
    state = StateDir(tmp_path)
    client: Any = Client()

    plain = service("plain", "gate", "10.96.0.8", {"app": "x"}, HTTPS)
    Balancers(state, FACTS, client).reconcile([gateway, opa, plain], [OPA])
    assert patched == [("gateway", "10.64.3.11", "7")]
    assert network.read(state) == {
        "10.64.3.10:443": "127.0.0.1:21000",
        "10.64.3.11:80": "127.0.0.1:20080",
        "10.64.3.11:443": "127.0.0.1:20081",
        "10.64.3.11:9000": "127.0.0.1:20082",
    }


def test_a_plain_request_is_sent_in_origin_form() -> None:
    """Path and headers stay; the hop's own headers go; one request a connection."""
    head = b"GET http://a.b/x?y=1 HTTP/1.1\r\nHost: a.b\r\nProxy-Connection: keep-alive\r\nAccept: */*\r\n\r\n"

    expected = b"GET /x?y=1 HTTP/1.1\r\nHost: a.b\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    assert origin_form(head, "http://a.b/x?y=1") == expected
    assert http_target("http://a.b:81/x") == ("a.b", 81)


@pytest.mark.parametrize("target", ["/x", "ftp://a/b", "https://a.b/"])
def test_what_is_no_proxy_request_is_refused(target: str) -> None:
    """A proxy is not a web server."""
    with pytest.raises(ValueError, match="expected CONNECT"):
        http_target(target)
