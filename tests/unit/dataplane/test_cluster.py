"""The region as its events say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.objects import Pod

pytestmark = pytest.mark.unit

Make = Callable[..., dict[str, Any]]
SERVICE = ("team-fraud", "fraud-score")
PATH = "/v2/models/fraud-score/infer"


def names(pods: list[Pod]) -> list[str]:
    """Return the pods' names."""
    return [pod.name for pod in pods]


def test_pods_are_ready_when_their_endpoints_and_they_say_so(make_pod: Make, make_slice: Make) -> None:
    """An endpoint without a ready pod, and a ready pod without an endpoint, get no traffic."""
    cluster = Cluster()
    unready = {"conditions": [{"type": "Ready", "status": "False"}]}
    cluster.list_pods([make_pod("a"), make_pod("b"), make_pod("c", status=unready)])
    cluster.list_slices([make_slice("a", "c", "gone")])

    assert names(cluster.ready_pods(SERVICE)) == ["a"]


def test_a_pod_that_is_being_deleted_gets_no_traffic(make_pod: Make, make_slice: Make) -> None:
    """Traffic stops with the deletion, not with the end."""
    cluster = Cluster()
    cluster.list_pods([make_pod("a", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})])
    cluster.list_slices([make_slice("a")])

    assert cluster.ready_pods(SERVICE) == []


def test_pods_without_models_are_nobodys_business(make_pod: Make) -> None:
    """Only pods with image volumes are kept: memory is bounded by what is served."""
    cluster = Cluster()
    cluster.list_pods([make_pod("a", spec={"volumes": [{"name": "x", "emptyDir": {}}]})])

    assert cluster.pods == {}


def test_a_listing_replaces_what_was_known(make_pod: Make) -> None:
    """After a broken watch, pods that vanished meanwhile are told to be gone."""
    cluster = Cluster()
    gone: list[str] = []
    cluster.on_gone.append(lambda pod: gone.append(pod.name))
    cluster.list_pods([make_pod("a"), make_pod("b")])

    cluster.list_pods([make_pod("b")])

    assert (gone, names(list(cluster.pods.values()))) == (["a"], ["b"])


def test_a_pod_made_anew_under_its_name_is_another_pod(make_pod: Make) -> None:
    """A StatefulSet's pod comes back with the same name: its old model must not stay."""
    cluster = Cluster()
    gone: list[str] = []
    cluster.on_gone.append(lambda pod: gone.append(pod.uid))
    cluster.change_pod("ADDED", make_pod("a"))

    cluster.change_pod("MODIFIED", make_pod("a", metadata={"uid": "other"}))

    assert (gone, cluster.pods["team-fraud", "a"].uid) == (["uid-a"], "other")


def test_the_longest_prefix_and_the_named_host_win(make_ingress: Make) -> None:
    """As Kubernetes' Ingress says."""
    cluster = Cluster()
    cluster.list_ingresses(
        [
            make_ingress("/", "all", "i1"),
            make_ingress("/v2/models/fraud-score", "short", "i2"),
            make_ingress("/v2/models/fraud-score", "named", "i3", host="m.example"),
        ]
    )

    def service(host: str, path: str) -> str:
        found = cluster.route(host, path)
        assert found is not None
        return found[0].service[1]

    assert [service("x", PATH), service("m.example", PATH), service("x", "/v2")] == ["short", "named", "all"]


def test_a_canary_stands_beside_its_route(make_ingress: Make) -> None:
    """It is no route of its own, and goes when its Ingress does."""
    cluster = Cluster()
    canary = make_ingress(service="canary", name="c", annotations={"x/canary": "true", "x/canary-weight": "10"})
    cluster.list_ingresses([canary])
    assert cluster.route("h", PATH) is None

    cluster.change_ingress("ADDED", make_ingress())
    found = cluster.route("h", PATH)
    assert found is not None
    assert (found[0].service[1], found[1] and found[1].service[1]) == ("fraud-score", "canary")

    cluster.change_ingress("DELETED", canary)
    found = cluster.route("h", PATH)
    assert found is not None
    assert found[1] is None


def test_another_team_takes_over_no_path(make_ingress: Make) -> None:
    """The older Ingress keeps its path, and a canary counts only in its own namespace."""
    cluster = Cluster()
    weight = {"x/canary": "true", "x/canary-weight": "100"}
    cluster.list_ingresses(
        [
            make_ingress(),
            make_ingress(namespace="a-team", name="a", created="2026-01-02T00:00:00Z"),
            make_ingress(namespace="a-team", name="c", annotations=weight),
        ]
    )

    found = cluster.route("h", PATH)
    assert found is not None
    assert (found[0].service, found[1]) == (SERVICE, None)


def test_slices_of_a_service_add_up(make_pod: Make, make_slice: Make) -> None:
    """A big Service has many slices; a deleted one takes its pods along."""
    cluster = Cluster()
    cluster.list_pods([make_pod("a"), make_pod("b")])
    cluster.list_slices([make_slice("a", name="s1")])
    cluster.change_slice("ADDED", make_slice("b", name="s2"))
    assert names(cluster.ready_pods(SERVICE)) == ["a", "b"]

    cluster.change_slice("DELETED", make_slice("a", name="s1"))
    assert names(cluster.ready_pods(SERVICE)) == ["b"]
