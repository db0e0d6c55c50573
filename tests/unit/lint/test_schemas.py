"""Schemas for kubeconform: closed objects, and kinds of our own definitions."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from lint import schemas

pytestmark = pytest.mark.unit

META: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string", "default": ""}}}
CRD: dict[str, Any] = {
    "kind": "CustomResourceDefinition",
    "spec": {
        "group": "example.com",
        "names": {"kind": "Drill"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["port"],
                                "properties": {
                                    "port": {"x-kubernetes-int-or-string": True},
                                    "properties": {"type": "string", "nullable": True},
                                    "template": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                                    "raw": {
                                        "type": "object",
                                        "properties": {"a": {"type": "string"}},
                                        "x-kubernetes-preserve-unknown-fields": True,
                                    },
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}


@pytest.fixture(autouse=True)
def openapi(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Stand in for the documents of the Kubernetes module."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    service = {
        "type": "object",
        "properties": {"kind": {"type": "string"}, "metadata": {"allOf": [{"$ref": schemas._REF + schemas._META}]}},
        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Service"}],
    }
    template = {"type": "object", "properties": {"spec": {"type": "object"}}}
    documents = {
        "v1": {
            schemas._META: META,
            "io.k8s.api.core.v1.Service": service,
            schemas._POD_TEMPLATE: template,
            "unused": META,
        }
    }
    monkeypatch.setattr(schemas, "_definitions", lambda version: documents.get(version, {}))


def errors(version: str, kind: str, document: dict[str, Any]) -> list[str]:
    """Return what a validator finds."""
    schema = schemas.schema(version, kind, [CRD])
    assert schema is not None
    return sorted(error.message for error in jsonschema.Draft7Validator(schema).iter_errors(document))


def test_a_field_that_kubernetes_does_not_have_is_a_fault() -> None:
    """At any depth: a misspelt field would be dropped, or refused, by the API server."""
    assert errors("v1", "Service", {"kind": "Service", "metadata": {"name": "s"}}) == []
    assert errors("v1", "Service", {"kind": "Service", "metadata": {"nmae": "s"}}) == [
        "Additional properties are not allowed ('nmae' was unexpected)"
    ]


def test_a_pod_template_that_a_definition_leaves_open_is_kubernetes_own() -> None:
    """An API server takes what it is given there: lint doesn't."""
    document = {"kind": "Drill", "spec": {"port": 1, "template": {"sepc": {}}}}
    assert errors("example.com/v1", "Drill", document) == [
        "Additional properties are not allowed ('sepc' was unexpected)"
    ]


def test_a_schema_holds_only_what_it_reaches() -> None:
    """Definitions of other kinds stay out."""
    found = schemas.schema("v1", "Service", [])

    assert found is not None
    assert list(found["definitions"]) == [schemas._META]


def test_a_kind_of_our_own_is_judged_by_its_definition() -> None:
    """With metadata as for every object, numbers or texts where either may stand, and open objects left open."""
    sound = {
        "apiVersion": "example.com/v1",
        "kind": "Drill",
        "metadata": {"name": "d"},
        "spec": {"port": "http", "properties": None, "raw": {"anything": 1}},
    }

    assert errors("example.com/v1", "Drill", sound) == []
    assert errors("example.com/v1", "Drill", {**sound, "spec": {"prot": 1}}) == [
        "'port' is a required property",
        "Additional properties are not allowed ('prot' was unexpected)",
    ]


def test_a_kind_that_nothing_defines_has_no_schema() -> None:
    """Not in Kubernetes, not in a definition, or not in that version."""
    assert schemas.schema("v1", "Nonsense", [CRD]) is None
    assert schemas.schema("example.com/v2", "Drill", [CRD]) is None
