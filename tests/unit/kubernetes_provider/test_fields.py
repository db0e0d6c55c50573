"""Fields: which replace, who owns them, and which have drifted."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.kube import KubeError
from headgate.sandbox.providers.kubernetes.drift import drifted_inputs, imported_inputs
from headgate.sandbox.providers.kubernetes.immutable import refused_fields, replaces, replacing_fields, within
from headgate.sandbox.providers.kubernetes.kinds import Kind
from headgate.sandbox.providers.kubernetes.ownership import (
    applied_part,
    is_managed_by,
    owned_by_controller,
    owned_by_other,
)
from headgate.sandbox.providers.protocol.values import PropertyPath, Secret

pytestmark = pytest.mark.unit


def fields_of(kind: Kind, **switches: bool) -> tuple[str, ...]:
    """Return the replacing fields of a kind."""
    return replacing_fields(kind, **{"config_map_mutable": False, "secret_mutable": False, "frozen": False} | switches)


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        (Kind("v1", "ConfigMap"), ("metadata", "name"), True),
        (Kind("v1", "ConfigMap"), ("metadata", "labels", "a"), False),
        (Kind("v1", "ConfigMap"), ("data", "a"), True),
        (Kind("apps/v1", "Deployment"), ("spec", "selector", "matchLabels", "a"), True),
        (Kind("apps/v1", "Deployment"), ("spec", "template", "spec", "containers", 0, "image"), False),
        (Kind("apps/v1", "StatefulSet"), ("spec", "serviceName"), True),
        (Kind("batch/v1", "Job"), ("spec", "template", "spec", "containers", 0, "image"), True),
        (Kind("v1", "Pod"), ("spec", "containers", 1, "image"), True),
        (Kind("v1", "Pod"), ("spec", "tolerations", 0), False),
        (Kind("rbac.authorization.k8s.io/v1", "RoleBinding"), ("roleRef", "name"), True),
        (Kind("example.com/v1", "Deployment"), ("spec", "selector", "matchLabels", "a"), False),
    ],
)
def test_the_table_says_what_replaces(kind: Kind, path: PropertyPath, expected: bool) -> None:
    """Identity replaces every kind; the rest is by group and kind, with positions in lists left open."""
    assert replaces(path, fields_of(kind), "a", "b") is expected


def test_a_change_above_a_field_replaces_if_the_field_is_inside() -> None:
    """Adding a whole `spec` replaces a Job only if it has a template."""
    fields = fields_of(Kind("batch/v1", "Job"))

    assert replaces(("spec",), fields, None, {"template": {}})
    assert not replaces(("spec",), fields, None, {"suspend": True})


def test_mutable_config_maps_replace_only_when_frozen() -> None:
    """With the provider's switch, data changes in place unless the object is immutable; a Secret's type never does."""
    data = ("data", "a")
    assert not replaces(data, fields_of(Kind("v1", "ConfigMap"), config_map_mutable=True))
    assert replaces(data, fields_of(Kind("v1", "ConfigMap"), config_map_mutable=True, frozen=True))
    assert not replaces(data, fields_of(Kind("v1", "Secret"), secret_mutable=True))
    assert replaces(("type",), fields_of(Kind("v1", "Secret"), secret_mutable=True))


def refused(message: str, *causes: tuple[str, str], status: int = 422) -> KubeError:
    """Return an API server's refusal."""
    details = {"causes": [{"field": field, "message": text} for field, text in causes]}
    return KubeError(status, "Invalid", message, {"details": details})


def test_the_server_names_immutable_fields() -> None:
    """Only refusals that speak of immutability count, and only the causes that do."""
    error = refused(
        "x is invalid: field is immutable",
        ("spec.selector", "Invalid value: field is immutable"),
        ("spec.ports[0].port", "Required value"),
    )

    assert refused_fields(error) == [("spec", "selector")]
    assert refused_fields(refused("spec is immutable after creation")) == [()]
    assert refused_fields(refused("port: Required value")) is None
    assert refused_fields(refused("field is immutable", status=409)) is None


def test_server_paths_match_property_paths() -> None:
    """A path matches a field above or below it; positions in lists count as equal."""
    assert within(("spec", "selector", "matchLabels"), ("spec", "selector"))
    assert within(("spec",), ("spec", "selector"))
    assert within(("spec", "ports", 0, "port"), ("spec", "ports", 3))
    assert not within(("spec", "replicas"), ("spec", "selector"))


OURS = "pulumi-kubernetes-1"
LIVE: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "team",
        "uid": "u",
        "labels": {"app": "web", "theirs": "x"},
        "managedFields": [
            {
                "manager": OURS,
                "operation": "Apply",
                "fieldsV1": {
                    "f:metadata": {"f:labels": {"f:app": {}}},
                    "f:spec": {
                        "f:template": {
                            "f:spec": {
                                "f:containers": {'k:{"name":"web"}': {".": {}, "f:name": {}, "f:image": {}}},
                            }
                        }
                    },
                },
            },
            {
                "manager": "kube-controller-manager",
                "operation": "Update",
                "subresource": "scale",
                "fieldsV1": {"f:spec": {"f:replicas": {}}},
            },
            {
                "manager": "other",
                "operation": "Apply",
                "fieldsV1": {"f:metadata": {"f:labels": {"f:theirs": {}}, "f:finalizers": {'v:"keep"': {}}}},
            },
        ],
        "finalizers": ["keep", "extra"],
    },
    "spec": {
        "replicas": 5,
        "template": {
            "spec": {"containers": [{"name": "sidecar", "image": "s"}, {"name": "web", "image": "w", "tty": False}]}
        },
    },
    "status": {"replicas": 5},
}


def test_owners_are_read_from_managed_fields() -> None:
    """Whole fields, fields of list items by key, and parts of an object are told apart."""
    image: PropertyPath = ("spec", "template", "spec", "containers", 1, "image")

    assert is_managed_by(LIVE, OURS)
    assert not is_managed_by(LIVE, "kube-controller-manager")
    assert owned_by_controller(LIVE, ("spec", "replicas"))
    assert not owned_by_controller(LIVE, ("spec",))
    assert not owned_by_controller(LIVE, ())
    assert not owned_by_other(LIVE, image, OURS)
    assert owned_by_other(LIVE, image, "somebody")
    assert not owned_by_other(LIVE, ("spec", "paused"), OURS)
    assert owned_by_other(LIVE, ("spec", "replicas"), OURS)


def test_the_applied_part_is_ours_or_everybodys() -> None:
    """Our own fields if we applied, else what anybody applied; never the defaults."""
    identity = {"name": "web", "namespace": "team"}
    container = {"name": "web", "image": "w"}

    ours = applied_part(LIVE, OURS)
    anybodys = applied_part(LIVE, "nobody")

    assert ours == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**identity, "labels": {"app": "web"}},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    assert anybodys["metadata"] == {**identity, "labels": {"app": "web", "theirs": "x"}, "finalizers": ["keep"]}


def test_an_import_without_apply_takes_the_object_without_server_fields() -> None:
    """Status, identity of the server and controllers' annotations are no inputs."""
    live = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": "team",
            "uid": "u",
            "resourceVersion": "1",
            "labels": {"kubernetes.io/metadata.name": "team", "a": "b"},
            "annotations": {"deployment.kubernetes.io/revision": "1"},
        },
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }

    assert imported_inputs(live, OURS) == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "team", "labels": {"a": "b"}},
    }


def drift(asked: Any, seen: Any, live: Any, **whole: Any) -> Any:
    """Return one field's input after a refresh."""
    return drifted_inputs({"f": asked}, {"f": seen}, {"f": live, **whole})


def test_only_what_changed_since_it_was_seen_has_drifted() -> None:
    """The server's way of writing a value is no drift; a changed or lost value is."""
    assert drift("1000m", "1", "1") == {"f": "1000m"}
    assert drift("1000m", "1", "2") == {"f": "2"}
    assert drift("a", "a", None) == {}
    assert drift({"a": "1", "b": "2"}, {"a": "1", "b": "2"}, {"a": "9", "theirs": "3"}) == {"f": {"a": "9"}}


def test_list_items_are_told_apart_by_their_key() -> None:
    """A sidecar that others injected moves positions and is no drift; an item that is gone is."""
    asked = [{"name": "web", "image": "a"}, {"name": "log", "image": "b"}]
    seen = [{"name": "web", "image": "a", "tty": False}, {"name": "log", "image": "b"}]
    live = [{"name": "sidecar", "image": "s"}, {"name": "web", "image": "changed", "tty": False}]

    assert drift(asked, seen, live) == {"f": [{"name": "web", "image": "changed"}]}
    assert drift(["a", "b"], ["a", "b"], ["b"]) == {"f": ["b"]}
    assert drift([[1], [2]], [[1], [2]], [[1], [3]]) == {"f": [[1], [3]]}


def test_a_secret_that_drifted_stays_secret() -> None:
    """The new value is as secret as the old one; what is only written is kept as it was asked."""
    asked = {"kind": "Secret", "stringData": {"a": "1"}, "data": Secret({"b": "x"})}
    live = {"kind": "Secret", "data": {"a": "MQ==", "b": "y"}}

    found = drifted_inputs(asked, {"kind": "Secret", "data": {"a": "MQ==", "b": "x"}}, live)

    assert found == {"kind": "Secret", "stringData": {"a": "1"}, "data": Secret({"b": "y"})}


def test_replicas_of_an_autoscaler_stay_as_asked() -> None:
    """A field that was set through the scale subresource is not ours to report."""
    asked = {"spec": {"replicas": 1}}

    assert drifted_inputs(asked, {"spec": {"replicas": 1}}, LIVE) == asked
