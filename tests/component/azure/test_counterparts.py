"""Real programs behind resources: a registry under its login server, an edge that fails over."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3

from headgate.sandbox import network
from headgate.sandbox.azure.counterparts import Counterparts
from headgate.sandbox.azure.counterparts.container_registry import ContainerRegistries
from headgate.sandbox.azure.counterparts.front_door import FrontDoors
from headgate.sandbox.azure.ids import group_id
from headgate.sandbox.azure.resources import Resources
from headgate.sandbox.azure.store import Store
from headgate.sandbox.azure.types import edge
from headgate.sandbox.control import Control
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority
from tests.component.azure.conftest import eventually

pytestmark = pytest.mark.component

GROUP = group_id("rg-edge")
PROFILE = f"{GROUP}/providers/Microsoft.Cdn/profiles/afd-test"
ORIGINS = f"{PROFILE}/originGroups/gateways"
ROUTE = f"{PROFILE}/afdEndpoints/e/routes/all"


class Origin:
    """A tiny gateway over TLS, that says who it is. HTTP/1.0: no connection outlives an answer, nor the origin."""

    def __init__(self, state: StateDir, name: str, port: int = 0) -> None:
        """Serve under `NAME.test`, which the network map names; while `going` is not set, nobody is answered."""
        self.name = name
        self.going = going = threading.Event()
        going.set()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                going.wait(60)
                length = int(self.headers.get("Content-Length") or 0)
                text = f"{name} {self.headers['Host']} {len(self.rfile.read(length))}".encode()
                if self.path.endswith("/infer"):
                    text = b'{"outputs": [{"name": "score", "data": [1]}]}'
                self.send_response(200)
                self.send_header("x-headgate-region", name)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_GET  # noqa: N815 - the base class's names

            def do_HEAD(self) -> None:
                going.wait(60)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        pair = Authority(state).server(f"origin-{name}", [f"{name}.test", "models.test"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.cert, pair.key)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])
        network.publish(state, f"test-origin-{name}", {f"{name}.test:443": f"127.0.0.1:{self.port}"})
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """End it: its port refuses connections."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def azure(sandbox: StateDir, control: Control, tmp_path: Path) -> Iterator[Resources]:
    """Return an Azure in this process, whose counterparts the session's supervisor runs."""
    store = Store(tmp_path / "azure")
    doors = FrontDoors(sandbox, control, store)
    table: dict[str, Any] = dict.fromkeys(
        (edge.PROFILE, edge.ENDPOINT, edge.ORIGIN_GROUP, edge.ORIGIN, edge.ROUTE), doors
    )
    table["Microsoft.ContainerRegistry/registries"] = ContainerRegistries(sandbox, control)
    resources = Resources(store, Counterparts(table), scale=0.0)
    resources.operations.begin = resources.operations._run  # type: ignore[method-assign]
    resources.put(GROUP, {"location": "uaenorth"})
    yield resources
    resources.delete(GROUP)
    assert [row.name for row in control.processes() if row.group in ("edge", "registry")] == []
    resources.operations.stop()
    store.close()


def pool(state: StateDir, host: str) -> urllib3.HTTPSConnectionPool:
    """Return a client of a name in the network map, which trusts the sandbox's authority alone."""
    address = network.resolve(state, host, 443)
    assert address is not None
    return urllib3.HTTPSConnectionPool(
        address[0], address[1], ca_certs=str(Authority(state).ca_cert), server_hostname=host, assert_hostname=host,
        retries=False, timeout=10, headers={"Host": host},
    )  # fmt: skip


def test_a_container_registry_is_a_running_registry_with_its_name_and_certificate(
    azure: Resources, sandbox: StateDir
) -> None:
    """A blob is uploaded, read, and gone with the registry; nothing of it is left."""
    arm_id = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/hgcounterpart"
    azure.put(arm_id, {"location": "uaenorth", "sku": {"name": "Premium"}, "properties": {}})
    made = azure.get(arm_id)["properties"]
    with pool(sandbox, "hgcounterpart.azurecr.io") as client:
        version = client.request("GET", "/v2/").status
        started = client.request("POST", "/v2/models/a/blobs/uploads/").status
    removed = azure.delete(arm_id)

    assert made["provisioningState"] == "Succeeded"
    assert removed.status == 200, removed
    assert (version, started) == (200, 202)
    assert network.resolve(sandbox, "hgcounterpart.azurecr.io", 443) is None
    assert not sandbox.registry("hgcounterpart").exists()


def put_edge(azure: Resources, first: dict[str, Any], second: dict[str, Any]) -> str:
    """Make a profile whose route goes to the origins `a` and `b`; return its host."""
    azure.put(PROFILE, {"location": "Global", "sku": {"name": "Premium_AzureFrontDoor"}, "properties": {}})
    azure.put(f"{PROFILE}/afdEndpoints/e", {"location": "Global", "properties": {}})
    probe = {"probePath": "/ready", "probeRequestType": "HEAD", "probeProtocol": "Https", "probeIntervalInSeconds": 1}
    balancing = {"sampleSize": 2, "successfulSamplesRequired": 1}
    azure.put(ORIGINS, {"properties": {"healthProbeSettings": probe, "loadBalancingSettings": balancing}})
    for name, properties in (("a", first), ("b", second)):
        stated = {"hostName": f"{name}.test", "originHostHeader": "models.test", "enabledState": "Enabled"}
        azure.put(f"{ORIGINS}/origins/{name}", {"properties": {**stated, **properties}})
    azure.put(ROUTE, {"properties": {
        "originGroup": {"id": ORIGINS}, "patternsToMatch": ["/*"], "supportedProtocols": ["Https"],
        "forwardingProtocol": "HttpsOnly", "httpsRedirect": "Disabled"}})  # fmt: skip
    return str(azure.get(f"{PROFILE}/afdEndpoints/e")["properties"]["hostName"])


def test_the_edge_fails_over_and_back_and_loses_no_request(azure: Resources, sandbox: StateDir) -> None:
    """The first priority is served, the second takes over in the very next request, POST bodies included."""
    origins = {name: Origin(sandbox, name) for name in "ab"}
    try:
        host = put_edge(azure, {"priority": 1}, {"priority": 2})
        with pool(sandbox, host) as client:
            before = client.request("GET", "/x").data
            origins["a"].close()
            body = bytes(range(256)) * 64
            after = [client.request("POST", "/x", body=body).data for _ in range(5)]
            origins["a"] = Origin(sandbox, "a", origins["a"].port)
            back = eventually(lambda: client.request("GET", "/x").data.startswith(b"a "))
    finally:
        for origin in origins.values():
            origin.close()
            network.withdraw(sandbox, f"test-origin-{origin.name}")

    assert before == b"a models.test 0"
    assert after == [f"b models.test {len(body)}".encode()] * 5
    assert back


def test_weights_share_what_has_one_priority(azure: Resources, sandbox: StateDir) -> None:
    """Both origins are asked, the heavier one more often."""
    origins = {name: Origin(sandbox, name) for name in "ab"}
    try:
        host = put_edge(azure, {"priority": 1, "weight": 900}, {"priority": 1, "weight": 100})
        with pool(sandbox, host) as client:
            answers = [client.request("GET", "/x").data[:1] for _ in range(300)]
    finally:
        for origin in origins.values():
            origin.close()
            network.withdraw(sandbox, f"test-origin-{origin.name}")

    assert set(answers) == {b"a", b"b"}
    assert answers.count(b"a") > answers.count(b"b")
