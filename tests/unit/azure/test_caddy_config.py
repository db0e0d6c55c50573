"""A Front Door profile as the proxy's configuration."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from headgate.sandbox.azure.counterparts.caddy_config import Edge, Listener, configuration, hosts
from tests.unit.azure.test_rules import PROFILE

pytestmark = pytest.mark.unit

SNAPSHOT = Path(__file__).parent / "front_door.json"
LISTENER = Listener(20001, 20002, "/s/edge/afd.sock", "/s/pki/edge.crt", "/s/pki/edge.key", "/s/pki/ca.crt", "0123")
GROUP = f"{PROFILE}/originGroups/gateways"


def origin(name: str, priority: int, weight: int = 500, **properties: Any) -> dict[str, Any]:
    """Return an origin."""
    stated = {"hostName": f"{name}.test", "originHostHeader": "models.test", "priority": priority, "weight": weight}
    return {"id": f"{GROUP}/origins/{name}", "name": name, "properties": {**stated, **properties}}


def edge(*origins: dict[str, Any], **route: Any) -> Edge:
    """Return a profile with one endpoint, one origin group and one route."""
    probe = {"probePath": "/v2/health/ready", "probeRequestType": "HEAD", "probeIntervalInSeconds": 5}
    balancing = {"sampleSize": 4, "successfulSamplesRequired": 2}
    stated = {"originGroup": {"id": GROUP}, "supportedProtocols": ["Https"], "forwardingProtocol": "HttpsOnly",
              "httpsRedirect": "Disabled", "patternsToMatch": ["/*"]}  # fmt: skip
    return Edge(
        {"id": PROFILE, "name": "afd", "properties": {"frontDoorId": "f", "originResponseTimeoutSeconds": 60}},
        [{"id": f"{PROFILE}/afdEndpoints/e", "name": "e", "properties": {"hostName": "e-1.z01.azurefd.net"}}],
        [{"id": f"{PROFILE}/afdEndpoints/e/routes/r", "name": "r", "properties": {**stated, **route}}],
        [
            {
                "id": GROUP,
                "name": "gateways",
                "properties": {"healthProbeSettings": probe, "loadBalancingSettings": balancing},
            }
        ],
        list(origins),
    )


def built(found: Edge) -> dict[str, Any]:
    """Return the configuration; each host is at its own loopback address."""
    return configuration(found, LISTENER, lambda host, port: f"127.0.0.1:{len(host) * 1000 + port % 1000}")


def secure(found: Edge) -> dict[str, Any]:
    """Return the HTTPS server."""
    server: dict[str, Any] = built(found)["apps"]["http"]["servers"]["https"]
    return server


def attempts(row: dict[str, Any]) -> list[str]:
    """Return the origins that a row tries, in order."""
    text = json.dumps(row)
    parts = text.split('"handler": "invoke", "name": "')[1:]
    return [part.split('"')[0] for part in parts]


def test_the_whole_configuration() -> None:
    """Two regions by priority: what people read when they ask how failover works."""
    found = built(edge(origin("north", 1), origin("central", 2)))

    assert json.dumps(found, indent=1) + "\n" == SNAPSHOT.read_text()


def test_origins_are_tried_by_priority_then_weight() -> None:
    """The order of the list means nothing."""
    rows = secure(edge(origin("c", 2, 100), origin("a", 1), origin("b", 2, 900)))["routes"]

    assert attempts(rows[0]) == ["gateways-a-https", "gateways-b-https", "gateways-c-https"]


def test_weights_share_the_requests_of_one_priority() -> None:
    """Three quarters and one quarter of the 256 buckets; each has the other to fall back on."""
    rows = secure(edge(origin("a", 1, 250), origin("b", 1, 750)))["routes"][0]["handle"][-1]["routes"]

    assert [row.get("match") for row in rows] == [[{"expression": "{http.request.uuid} < 'c0'"}], None]
    assert [attempts(row) for row in rows] == [
        ["gateways-b-https", "gateways-a-https"],
        ["gateways-a-https", "gateways-b-https"],
    ]


def test_each_origin_is_probed_once_with_its_groups_settings() -> None:
    """Two successes of four samples: three failures take an origin out, two successes bring it back."""
    named = secure(edge(origin("a", 1), origin("b", 1)))["named_routes"]

    checks = [route["handle"][0]["health_checks"]["active"] for route in named.values()]
    assert (
        checks
        == [
            {
                "uri": "/v2/health/ready",
                "method": "HEAD",
                "headers": {"Host": ["models.test"], "User-Agent": ["Edge Health Probe"]},
                "interval": "5s",
                "timeout": "5s",
                "expect_status": 200,
                "fails": 3,
                "passes": 2,
            }
        ]
        * 2
    )


def test_a_disabled_origin_endpoint_or_route_is_left_out() -> None:
    """Nothing is sent there."""
    off = {"enabledState": "Disabled"}
    without_origin = secure(edge(origin("a", 1), origin("b", 2, **off)))
    without_route = secure(edge(origin("a", 1), **off))
    closed = edge(origin("a", 1))
    closed.endpoints[0]["properties"] |= off

    assert attempts(without_origin["routes"][0]) == ["gateways-a-https"]
    assert attempts(without_route["routes"][0]) == attempts(secure(closed)["routes"][0]) == []
    assert hosts(closed) == []


def test_an_origin_group_without_origins_answers_503() -> None:
    """As Front Door says when nobody is there."""
    assert '"status_code": "503"' in json.dumps(secure(edge())["routes"][0])


def test_http_is_redirected_where_the_route_says_so() -> None:
    """307 to the same address over HTTPS; else plain HTTP finds nothing."""
    redirecting = built(edge(origin("a", 1), httpsRedirect="Enabled"))["apps"]["http"]["servers"]["http"]
    silent = built(edge(origin("a", 1)))["apps"]["http"]["servers"]["http"]

    assert redirecting["routes"][0]["handle"] == [
        {
            "handler": "static_response",
            "status_code": "307",
            "headers": {"Location": ["https://{http.request.host}{http.request.uri}"]},
        }
    ]
    assert len(silent["routes"]) == 1


def test_the_certificates_name_is_the_origins_unless_the_check_is_off() -> None:
    """The sandbox's authority signs; no other one counts."""
    named = secure(edge(origin("a", 1), origin("b", 2, enforceCertificateNameCheck=False)))["named_routes"]

    tls = [route["handle"][0]["transport"]["tls"] for route in named.values()]
    assert tls == [
        {"ca": {"provider": "file", "pem_files": ["/s/pki/ca.crt"]}, "server_name": "a.test"},
        {"insecure_skip_verify": True},
    ]


def test_longer_patterns_go_first() -> None:
    """`/v2/*` is asked before `/*`."""
    both = edge(origin("a", 1))
    narrow = copy.deepcopy(both.routes[0])
    narrow["id"] += "2"
    narrow["properties"]["patternsToMatch"] = ["/v2/*"]
    both.routes.append(narrow)

    assert [row["match"][0]["path"] for row in secure(both)["routes"][:2]] == [["/v2/*"], ["/*"]]
