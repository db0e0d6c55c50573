"""Tokens, names, documents and what becomes of them in state."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from headgate.errors import HeadgateError
from headgate.sandbox.providers.kubernetes.annotations import (
    propagation,
    skips_waiting_for_deletion,
    timeout_seconds,
    wait_expressions,
)
from headgate.sandbox.providers.kubernetes.checkpoint import (
    document_of,
    masked,
    outputs_of,
    previewed,
    properties_of,
    sealed,
)
from headgate.sandbox.providers.kubernetes.kinds import Kind, kind_of_token, token_of_urn
from headgate.sandbox.providers.kubernetes.naming import ensure_name, field_manager
from headgate.sandbox.providers.protocol.values import UNKNOWN, Secret

pytestmark = pytest.mark.unit

URN = "urn:pulumi:dev::headgate::my:Component$kubernetes:core/v1:ConfigMap::settings"


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("kubernetes:core/v1:ConfigMap", Kind("v1", "ConfigMap")),
        ("kubernetes:apps/v1:Deployment", Kind("apps/v1", "Deployment")),
        ("kubernetes:argoproj.io/v1alpha1:Rollout", Kind("argoproj.io/v1alpha1", "Rollout")),
    ],
)
def test_a_token_names_a_kind(token: str, kind: Kind) -> None:
    """Core and custom kinds are read alike."""
    assert kind_of_token(token) == kind


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("kubernetes:helm.sh/v3:Release", "Helm releases"),
        ("kubernetes:yaml/v2:ConfigFile", "YAML components"),
        ("kubernetes:kustomize/v2:Directory", "kustomizations"),
        ("kubernetes:core/v1:ConfigMapList", "a list can't be created"),
        ("kubernetes:core/v1:ConfigMapPatch", "does not patch"),
        ("kubernetes:index:Thing", "no group and version"),
    ],
)
def test_what_is_left_out_is_refused_by_name(token: str, reason: str) -> None:
    """The refusal names the token and the reason."""
    with pytest.raises(HeadgateError) as caught:
        kind_of_token(token)

    assert token in caught.value.what
    assert reason in str(caught.value.found)


def test_the_scope_of_built_in_kinds_is_known_without_a_cluster() -> None:
    """Namespaces have no namespace, ConfigMaps do, and custom kinds are the cluster's to know."""
    kinds = [Kind("v1", "Namespace"), Kind("v1", "ConfigMap"), Kind("argoproj.io/v1alpha1", "Rollout")]

    assert [kind.known_scope for kind in kinds] == [False, True, None]


def check(urn: str = URN, **autonaming: Any) -> provider_pb2.CheckRequest:
    """Return a check request."""
    request = provider_pb2.CheckRequest(urn=urn, randomSeed=b"seed")
    if autonaming:
        request.autonaming.CopyFrom(provider_pb2.CheckRequest.AutonamingOptions(**autonaming))
    return request


def test_a_missing_name_is_made_once() -> None:
    """The name comes from the resource's own, with a suffix from the engine's seed, and is marked as automatic."""
    first: dict[str, Any] = {}
    ensure_name(first, {}, check())
    again: dict[str, Any] = {}
    ensure_name(again, first, check(URN + "x"))

    name = first["metadata"]["name"]
    assert name.startswith("settings-")
    assert first == again == {"metadata": {"name": name, "annotations": {"pulumi.com/autonamed": "true"}}}
    assert token_of_urn(URN) == "kubernetes:core/v1:ConfigMap"


def test_a_name_of_the_old_program_is_not_adopted() -> None:
    """A name that the program chose and now leaves out is not kept."""
    document: dict[str, Any] = {}
    ensure_name(document, {"metadata": {"name": "chosen"}}, check())

    assert document["metadata"]["name"] != "chosen"


def test_naming_options_of_the_stack_are_heeded() -> None:
    """A proposed name is taken; where automatic names are disabled a missing one is an error."""
    options = provider_pb2.CheckRequest.AutonamingOptions
    document: dict[str, Any] = {}
    ensure_name(document, {}, check(proposed_name="proposed", mode=options.ENFORCE))

    assert document["metadata"]["name"] == "proposed"
    with pytest.raises(HeadgateError, match="automatic names are disabled"):
        ensure_name({}, {}, check(mode=options.DISABLE))
    with pytest.raises(HeadgateError, match="generateName"):
        ensure_name({"metadata": {"generateName": "x-"}}, {}, check())


def test_names_that_are_set_or_unknown_are_left_alone() -> None:
    """Neither a given name nor one that comes later is replaced."""
    for metadata in ({"name": "given"}, {"name": UNKNOWN}, UNKNOWN):
        document = {"metadata": metadata}
        ensure_name(document, {}, check())
        assert document == {"metadata": metadata}


def test_the_field_manager_is_annotated_kept_or_derived() -> None:
    """An annotation wins over state, state over the URN; the URN always gives the same name."""
    annotated = {"metadata": {"annotations": {"pulumi.com/patchFieldManager": "mine"}}}

    assert field_manager(URN, annotated, {"__fieldManager": "kept"}) == "mine"
    assert field_manager(URN, {}, {"__fieldManager": "kept"}) == "kept"
    assert field_manager(URN, {}) == field_manager(URN, {}, {})
    assert field_manager(URN, {}) != field_manager(URN + "x", {})
    assert field_manager(URN, {}).startswith("pulumi-kubernetes-")


def test_annotations_steer_timeouts_deletion_and_waits() -> None:
    """A resource option wins over the annotation; unreadable numbers are ignored."""

    def document(**annotations: str) -> dict[str, Any]:
        return {"metadata": {"annotations": {f"pulumi.com/{key}": value for key, value in annotations.items()}}}

    assert timeout_seconds(document(timeoutSeconds="5"), 0, 600) == 5
    assert timeout_seconds(document(timeoutSeconds="5"), 7, 600) == 7
    assert timeout_seconds(document(timeoutSeconds="soon"), 0, 600) == 600
    assert propagation(document(deletionPropagationPolicy="orphan")) == "Orphan"
    assert propagation(document(deletionPropagationPolicy="background")) == "Background"
    assert propagation({}) == "Foreground"
    assert skips_waiting_for_deletion({"kind": "Job", **document(skipAwait="true")})
    assert not skips_waiting_for_deletion({"kind": "ConfigMap", **document(skipAwait="true")})
    assert wait_expressions(document(waitFor="condition=Ready")) == ["condition=Ready"]
    assert wait_expressions(document(waitFor='["a", "b"]')) == ["a", "b"]
    assert wait_expressions({}) == []


def test_a_document_has_no_secrets_nulls_or_server_fields() -> None:
    """What is applied is plain; the names that SDKs can't write are restored, and come back as SDKs read them."""
    inputs = {
        "kind": "X",
        "metadata": {"name": "n", "uid": "u", "labels": None},
        "spec": {"a": Secret("s"), "x_kubernetes_preserve_unknown_fields": True, "list": [{"b": None}]},
        "status": {"phase": "Ready"},
    }
    document = {
        "kind": "X",
        "metadata": {"name": "n"},
        "spec": {"a": "s", "x-kubernetes-preserve-unknown-fields": True, "list": [{}]},
    }

    assert document_of(inputs) == document
    assert properties_of(document)["spec"]["x_kubernetes_preserve_unknown_fields"] is True


def test_outputs_keep_what_is_read_and_hide_what_was_secret() -> None:
    """State keeps the live object without managedFields, secret where the inputs were."""
    inputs = {"spec": {"password": Secret("p")}}
    live = {
        "apiVersion": "v1",
        "kind": "X",
        "metadata": {"name": "n", "managedFields": [{}]},
        "spec": {"password": "p", "other": 1},
    }

    assert outputs_of(live, inputs, "manager") == {
        "apiVersion": "v1",
        "kind": "X",
        "metadata": {"name": "n"},
        "spec": {"password": Secret("p"), "other": 1},
        "__initialApiVersion": "v1",
        "__fieldManager": "manager",
    }


def test_the_content_of_a_secret_is_always_secret() -> None:
    """Data, stringData and a copy that kubectl left in an annotation are marked, whatever the inputs were."""
    last_applied = "kubectl.kubernetes.io/last-applied-configuration"
    found = sealed(
        {
            "kind": "Secret",
            "metadata": {"annotations": {last_applied: "{...}"}},
            "data": {"a": Secret("x"), "b": "y"},
            "stringData": {"c": "z"},
        },
        {},
    )

    assert found["data"] == Secret({"a": "x", "b": "y"})
    assert found["stringData"] == Secret({"c": "z"})
    assert found["metadata"]["annotations"] == {last_applied: Secret("{...}")}


def test_a_preview_forgets_what_is_chosen_late() -> None:
    """A Service's addresses and ports are unknown until they are allocated; its metadata is known."""
    outputs = {
        "kind": "Service",
        "metadata": {"name": "s", "uid": "u", "creationTimestamp": "t", "resourceVersion": ""},
        "spec": {"clusterIP": "10.96.0.5", "clusterIPs": ["10.96.0.5"], "ports": [{"port": 80, "nodePort": 30001}]},
        "status": {},
    }

    found = previewed(outputs, {"spec": {"ports": [{"port": 80}]}}, created=True)

    assert found == {
        "kind": "Service",
        "metadata": {"name": "s", "uid": "u", "creationTimestamp": "t", "resourceVersion": ""},
        "spec": {"clusterIP": UNKNOWN, "clusterIPs": UNKNOWN, "ports": [{"port": 80, "nodePort": UNKNOWN}]},
    }


def test_messages_lose_the_secrets_that_were_sent() -> None:
    """A secret is masked in clear and in base64; words too short to be one are left."""
    inputs = {"stringData": Secret({"token": "hunter22", "flag": "on"})}

    assert masked("found hunter22 and aHVudGVyMjI= on it", inputs) == "found [secret] and [secret] on it"
