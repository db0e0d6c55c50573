"""What the data plane reads from Kubernetes objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from headgate.sandbox.dataplane.objects import ImageVolume, IngressRoutes, Pod, Route, Slice
from headgate.sandbox.dataplane.quantities import number

pytestmark = pytest.mark.unit

Make = Callable[..., dict[str, Any]]
SERVICE = ("team-fraud", "fraud-score")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("500m", 0.5), ("2", 2.0), (3, 3.0), ("1Gi", 2.0**30), ("1e3", 1000.0), ("100n", 1e-7), ("", 0.0), ("x", 0.0)],
)
def test_quantities_become_numbers(text: str | int, expected: float) -> None:
    """Decimal and binary suffixes and exponents."""
    assert number(text) == pytest.approx(expected)


def test_a_pod_is_read_with_its_volumes_and_limits(make_pod: Make) -> None:
    """Reference, images, CPU and the simulated speed of the pod."""
    document = make_pod(
        metadata={
            "annotations": {
                "sandbox.headgate.dev/volumes": "failed",
                "sandbox.headgate.dev/volumes-message": "why",
                "sandbox.headgate.dev/concurrency": "8",
                "sandbox.headgate.dev/service-time": "0.5",
            }
        }
    )

    pod = Pod.read(document)

    assert pod.volumes == (ImageVolume("model", document["spec"]["volumes"][0]["image"]["reference"]),)
    assert pod.images == (document["spec"]["containers"][0]["image"],)
    assert (pod.ready, pod.gone, pod.node) == (True, False, "n1")
    assert (pod.state, pod.message) == ("failed", "why")
    assert (pod.cpu, pod.concurrency, pod.service_time) == (0.5, 8, 0.5)


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_finished_pod_is_gone(make_pod: Make, phase: str) -> None:
    """A finished pod keeps its Ready condition for a while, and serves nothing."""
    pod = Pod.read(make_pod(status={"phase": phase}))

    assert (pod.ready, pod.gone) == (False, True)


def test_a_slice_names_the_pods_that_are_ready(make_slice: Make) -> None:
    """Endpoints that are not ready get no traffic."""
    assert Slice.read(make_slice("a", "b")) == Slice(SERVICE, (("team-fraud", "a"), ("team-fraud", "b")))
    assert Slice.read(make_slice("a", ready=False)).pods == ()


def test_an_ingress_of_another_class_routes_nothing_here(make_ingress: Make) -> None:
    """Two controllers in one cluster must not both answer."""
    assert IngressRoutes.read(make_ingress(klass="nginx")) == IngressRoutes()


def test_an_ingress_becomes_routes_hosts_and_addresses(make_ingress: Make) -> None:
    """Rules, certificate hosts and what its status says already."""
    read = IngressRoutes.read(
        make_ingress(tls=[{"hosts": ["m.example"]}], status={"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}})
    )

    assert read == IngressRoutes(
        (Route("", "/v2/models/fraud-score", SERVICE),), ("m.example",), ("10.0.0.1",), "2026-01-01T00:00:00Z"
    )


@pytest.mark.parametrize("prefix", ["nginx.ingress.kubernetes.io", "headgate.dev"])
def test_a_canary_ingress_carries_its_weight(make_ingress: Make, prefix: str) -> None:
    """The annotations that Argo Rollouts writes, whatever prefix it was given."""
    read = IngressRoutes.read(make_ingress(annotations={f"{prefix}/canary": "true", f"{prefix}/canary-weight": "25"}))

    assert read.routes[0].canary == 25.0


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("/v2/models/fraud-score", True),
        ("/v2/models/fraud-score/infer", True),
        ("/v2/models/fraud-score-2/infer", False),
        ("/v2/models", False),
    ],
)
def test_a_prefix_matches_whole_path_elements(path: str, matches: bool) -> None:
    """`fraud-score` does not route `fraud-score-2`."""
    assert Route("", "/v2/models/fraud-score", SERVICE).matches("any", path) is matches


@pytest.mark.parametrize(
    ("host", "asked", "matches"),
    [
        ("", "x.example", True),
        ("x.example", "x.example", True),
        ("x.example", "y.example", False),
        ("*.example", "y.example", True),
        ("*.example", "a.y.example", False),
        ("x.example", "", True),
    ],
)
def test_a_host_matches_itself_or_one_label(host: str, asked: str, matches: bool) -> None:
    """Wildcards stand for exactly one label, as Kubernetes says."""
    assert Route(host, "/", SERVICE).matches(asked, "/x") is matches
