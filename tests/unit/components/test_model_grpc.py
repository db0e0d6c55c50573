"""A model that speaks gRPC too: a port of the pods, of each Service and of the policy, and a way of its own."""

from __future__ import annotations

from typing import Any

import pytest

from components.catalog import ServingGateway
from tests.unit.components.test_strategies import INGRESS, PLAIN, ROLLOUT, RUNTIME_IMAGE, SECOND, SERVICE, model

pytestmark = pytest.mark.unit

HOST = "fraud-fraud-score.models.example.com"
NGINX = "nginx.ingress.kubernetes.io"
PORT = {"name": "grpc", "port": 9000, "targetPort": "grpc", "protocol": "TCP", "appProtocol": "kubernetes.io/h2c"}
HTTP = {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}
NOT_AWAITED = {"pulumi.com/skipAwait": "true"}


def test_defaults_speak_http_alone(record: Any, ownership: dict[str, str]) -> None:
    """No port, no argument and no way for what nobody asked for."""
    recording = record(model(ownership))

    assert recording.children() == PLAIN
    assert recording.one(SERVICE).inputs["spec"]["ports"] == [HTTP]


def test_a_model_that_speaks_grpc_has_a_port_and_a_host_of_its_own(record: Any, ownership: dict[str, str]) -> None:
    """The gateway is told how to speak to it, and may reach that port; probes ask by HTTP as before."""
    before, recording = record(model(ownership)), record(model(ownership, grpc_host=HOST))
    container = recording.one(ROLLOUT).inputs["spec"]["template"]["spec"]["containers"][0]
    plain = before.one(ROLLOUT).inputs["spec"]["template"]["spec"]["containers"][0]
    (rule,) = recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy").inputs["spec"]["ingress"]

    assert recording.children() == {**PLAIN, "m-grpc-ingress": INGRESS}
    assert container == {
        **plain,
        "args": [*plain["args"], "--grpc-port=9000"],
        "ports": [*plain["ports"], {"name": "grpc", "containerPort": 9000, "protocol": "TCP"}],
    }
    assert recording.one(SERVICE).inputs["spec"]["ports"] == [HTTP, PORT]
    assert rule["ports"] == [{"protocol": "TCP", "port": port} for port in (8080, 9000)]
    made = recording.one(INGRESS, "m-grpc-ingress").inputs
    assert (made["metadata"]["name"], made["metadata"]["annotations"]) == (
        "fraud-score-grpc",
        {f"{NGINX}/backend-protocol": "GRPC", **NOT_AWAITED},
    )
    assert made["spec"] == {
        "ingressClassName": "headgate",
        "tls": [{"hosts": [HOST]}],
        "rules": [
            {
                "host": HOST,
                "http": {
                    "paths": [
                        {
                            "path": "/inference.GRPCInferenceService",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "fraud-score", "port": {"name": "grpc"}}},
                        }
                    ]
                },
            }
        ],
    }


def test_a_canary_gets_the_same_share_of_calls(record: Any, ownership: dict[str, str]) -> None:
    """The controller divides both ways; the new version's Service has the port too."""
    strategy = {"canary": {"steps": [{"weight": 10, "pause_seconds": 60}]}}
    recording = record(model(ownership, grpc_host=HOST, strategy=strategy))
    routing = recording.one(ROLLOUT).inputs["spec"]["strategy"]["canary"]["trafficRouting"]

    assert routing == {"nginx": {"stableIngresses": ["fraud-score", "fraud-score-grpc"]}}
    assert recording.one(SERVICE, "m-canary-service").inputs["spec"]["ports"] == [HTTP, PORT]


def test_what_chooses_a_version_chooses_it_for_calls(record: Any, ownership: dict[str, str]) -> None:
    """By their metadata, at the model's own host."""
    strategy = {"abtest": {"variant": SECOND, "header": "x-cohort", "value": "b"}}
    recording = record(model(ownership, grpc_host=HOST, strategy=strategy))
    made = recording.one(INGRESS, "m-grpc-variant-ingress").inputs

    assert made["metadata"]["name"] == "fraud-score-variant-grpc"
    assert made["metadata"]["annotations"] == {
        f"{NGINX}/canary": "true",
        f"{NGINX}/canary-by-header": "x-cohort",
        f"{NGINX}/canary-by-header-value": "b",
        f"{NGINX}/backend-protocol": "GRPC",
        **NOT_AWAITED,
    }
    assert made["spec"]["rules"][0]["host"] == HOST
    assert recording.one(SERVICE, "m-variant-service").inputs["spec"]["ports"] == [HTTP, PORT]


def test_calls_have_neither_copies_nor_a_fallback(record: Any, ownership: dict[str, str]) -> None:
    """A gateway would send both to the other Service's first port, which speaks HTTP."""
    recording = record(model(ownership, grpc_host=HOST, fallback=SECOND, strategy={"shadow": {"variant": SECOND}}))
    made = recording.one(INGRESS, "m-grpc-ingress").inputs

    assert made["metadata"]["annotations"] == {f"{NGINX}/backend-protocol": "GRPC", **NOT_AWAITED}


def test_the_gateway_reaches_both_ports_of_models(record: Any, ownership: dict[str, str]) -> None:
    """In the teams' namespaces, and no others."""

    def program() -> dict[str, Any]:
        args: Any = {"ownership": ownership, "image": RUNTIME_IMAGE}
        return {"address": ServingGateway("g", args).address}

    policy = record(program).one("kubernetes:networking.k8s.io/v1:NetworkPolicy", "g-traffic").inputs

    assert policy["spec"]["egress"][0] == {
        "to": [{"namespaceSelector": {"matchExpressions": [{"key": "headgate.dev/team", "operator": "Exists"}]}}],
        "ports": [{"protocol": "TCP", "port": port} for port in (8080, 9000)],
    }
