"""Reading a cluster whole: every kind once, every page, and an error for what does not come."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3

from headgate.cluster.api import PAGE, Api, Kind
from headgate.cluster.kubeconfig import Connection
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit

MAPS = Kind("", "v1", "ConfigMap", "configmaps", namespaced=True)
LISTABLE = ["get", "list"]


def resource(plural: str, kind: str, verbs: Iterable[str] = LISTABLE) -> dict[str, Any]:
    """Return what discovery says of a kind."""
    return {"name": plural, "kind": kind, "namespaced": True, "verbs": list(verbs)}


DISCOVERY = {
    "/api/v1": {"resources": [resource("configmaps", "ConfigMap"), resource("pods/exec", "PodExecOptions")]},
    "/apis": {
        "groups": [
            {
                "name": "autoscaling",
                "preferredVersion": {"version": "v2"},
                "versions": [{"version": "v1"}, {"version": "v2"}],
            }
        ]
    },
    "/apis/autoscaling/v2": {"resources": [resource("scalers", "Scaler"), resource("reviews", "Review", ["create"])]},
    "/apis/autoscaling/v1": {"resources": [resource("scalers", "Scaler"), resource("old", "Old")]},
}

Answer = Callable[[str, dict[str, list[str]]], tuple[int, Any]]


def api(answer: Answer, token: str | None = None) -> tuple[Api, list[Any]]:
    """Return a client of a server that answers as told, and the headers that it was sent."""
    client, sent = Api(Connection("here", "https://127.0.0.1:1", token=token)), list[Any]()

    def request(_: str, url: str, headers: dict[str, str]) -> Any:
        sent.append(headers)
        parts = urlsplit(url)
        status, document = answer(parts.path, parse_qs(parts.query))
        return SimpleNamespace(status=status, data=document if isinstance(document, bytes) else json.dumps(document))

    client._pool = SimpleNamespace(request=request)  # type: ignore[assignment]
    return client, sent


def test_every_kind_that_can_be_listed_is_found_once_in_its_preferred_version() -> None:
    """One that only an older version has is found there; what is only asked, such as a review, is not."""
    client, sent = api(lambda path, _: (200, DISCOVERY[path]), token="t")

    assert [(str(each), each.version, each.path) for each in client.kinds()] == [
        ("configmaps", "v1", "/api/v1/configmaps"),
        ("old.autoscaling", "v1", "/apis/autoscaling/v1/old"),
        ("scalers.autoscaling", "v2", "/apis/autoscaling/v2/scalers"),
    ]
    assert {each["Authorization"] for each in sent} == {"Bearer t"}


def test_a_list_is_read_to_its_last_page() -> None:
    """Each object says what it is, which a list leaves out."""
    names = [f"m{index}" for index in range(1200)]

    def answer(_: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        start = int(query.get("continue", ["0"])[0])
        assert query["limit"] == [str(PAGE)]
        end = start + PAGE
        items = [{"metadata": {"name": name}} for name in names[start:end]]
        return 200, {"metadata": {"continue": str(end) if end < len(names) else ""}, "items": items}

    found = api(answer)[0].objects(MAPS)

    assert [each["metadata"]["name"] for each in found] == names
    assert found[0] == {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m0"}}


def test_a_list_whose_pages_expire_is_begun_again() -> None:
    """Half of one list and half of another would be neither; a cluster that never holds still is an error."""
    expiring = iter([True, False, True, True, True])

    def answer(_: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        if "continue" not in query:
            return 200, {"metadata": {"continue": "x"}, "items": [{"metadata": {"name": "a"}}]}
        return (410, {}) if next(expiring) else (200, {"metadata": {}, "items": None})

    client, _ = api(answer)

    assert [each["metadata"]["name"] for each in client.objects(MAPS)] == ["a"]
    with pytest.raises(HeadgateError, match="configmaps of the cluster can't be read"):
        client.objects(MAPS)


@pytest.mark.parametrize("status", [401, 403])
def test_a_right_that_is_missing_is_named(status: int) -> None:
    """The kind and the verb, and how to find out."""
    client, _ = api(lambda *_: (status, {}))
    with pytest.raises(HeadgateError) as caught:
        client.objects(Kind("apps", "v1", "Deployment", "deployments", namespaced=True))

    assert (caught.value.what, caught.value.expected, caught.value.exit_code) == (
        "deployments.apps of the cluster can't be read, so nothing was judged",
        "the verb `list` on deployments.apps, in every namespace",
        2,
    )


@pytest.mark.parametrize(
    "answer",
    [(500, {}), (410, {}), (200, b"<html>"), (200, []), (200, {}), (200, {"items": [1]}), (200, {"items": "x"})],
)
def test_what_is_no_list_is_not_an_empty_one(answer: tuple[int, Any]) -> None:
    """Nothing was judged, and that is said."""
    with pytest.raises(HeadgateError, match="nothing was judged"):
        api(lambda *_: answer)[0].objects(MAPS)


def test_a_server_that_does_not_answer_is_named() -> None:
    """With its address."""

    def answer(*_: Any) -> Any:
        raise urllib3.exceptions.ConnectTimeoutError("slow")

    with pytest.raises(HeadgateError) as caught:
        api(answer)[0].kinds()

    assert (caught.value.where, caught.value.found) == ("here (https://127.0.0.1:1)", "slow")


def test_certificates_that_are_none_are_refused() -> None:
    """Rather than left out."""
    with pytest.raises(HeadgateError, match="certificates can't be used"):
        Api(Connection("here", "https://127.0.0.1:1", authority="x"))
