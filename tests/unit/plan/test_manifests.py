"""Manifests as a view: nothing dropped, nothing misread, each property with its line."""

from __future__ import annotations

import contextlib
import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.errors import Exit, HeadgateError
from headgate.plan import manifests
from headgate.plan.view import Operation, Resource, Source

pytestmark = pytest.mark.unit

TWO = """\
# a comment
apiVersion: apps/v1
kind: Deployment
metadata: {name: scorer, namespace: fraud}
spec:
  template:
    spec:
      containers:
        - name: server
          image: nginx
---
---
apiVersion: v1
kind: Pod
metadata:
  generateName: scorer-
"""


def read(text: str) -> list[Resource]:
    """Read one file."""
    return manifests.from_text(text, "file.yaml")


def test_every_document_is_a_resource_and_empty_ones_are_none() -> None:
    """Two objects and an empty document are two resources."""
    found = [(each.id, each.type, each.kind, each.group, each.namespace, each.source) for each in read(TWO)]

    assert found == [
        (
            "apps/v1/Deployment/fraud/scorer",
            "kubernetes:apps/v1:Deployment",
            "Deployment",
            "apps",
            "fraud",
            Source("file.yaml", 2, 1),
        ),
        ("v1/Pod/scorer-*", "kubernetes:v1:Pod", "Pod", "", "", Source("file.yaml", 13, 1)),
    ]


def test_a_property_has_its_line_and_a_missing_one_its_parents() -> None:
    """What is wrong can be opened in an editor."""
    resource = read(TWO)[0]
    image = ("spec", "template", "spec", "containers", 0, "image")

    assert [resource.source_of(path) for path in (image, (*image[:-1], "absent"), ("spec", 0))] == [
        Source("file.yaml", 10, 18),
        Source("file.yaml", 9, 11),
        Source("file.yaml", 6, 3),
    ]


def test_lists_are_opened_at_any_depth_with_their_lines() -> None:
    """A List of a typed list is its members, which inherit kind and version where they leave them out."""
    text = """\
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: PodList
    items:
      - metadata: {name: inner}
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: outer}}
"""

    assert [(each.id, each.source) for each in read(text)] == [
        ("v1/Pod/inner", Source("file.yaml", 7, 9)),
        ("v1/ConfigMap/outer", Source("file.yaml", 8, 5)),
    ]


def test_json_is_read_as_yaml() -> None:
    """`kubectl get -o json` needs no other reader."""
    assert [each.id for each in read('{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}')] == ["v1/Pod/a"]


def test_a_date_stays_text() -> None:
    """Kubernetes knows no dates in YAML."""
    pod = read("apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {on: 2026-01-01}}\n")[0]

    assert pod.properties["metadata"]["labels"] == {True: "2026-01-01"}


def test_a_custom_kind_that_ends_like_a_list_is_kept_beside_its_items() -> None:
    """What it holds outside of `items` would be seen by nobody."""
    found = read("apiVersion: e.io/v1\nkind: WishList\nmetadata: {name: a}\nitems: []\nspec: {image: evil.io/a}\n")

    assert [(each.kind, each.properties["spec"]) for each in found] == [("WishList", {"image": "evil.io/a"})]


def test_a_kind_of_others_may_be_in_small_letters() -> None:
    """A custom resource is called what its definition says."""
    assert [each.kind for each in read("apiVersion: e.io/v1\nkind: farm\nmetadata: {name: a}\n")] == ["farm"]


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        ("kind: Pod\nkind: Job\napiVersion: v1\n", "file.yaml:1", "the key 'kind' twice in one object"),
        ("apiVersion: v1\nkind: Pod\nspec: {a: 1, a: 2}\n", "file.yaml:3", "the key 'a' twice in one object"),
        ("a: {{ .Values.image }}\n", "file.yaml:1", None),
        ("a: [\n", "file.yaml:2", None),
        ("- 1\n- 2\n", "file.yaml:1", "list"),
        ("just text", "file.yaml:1", "str"),
        ("image: nginx\n", "file.yaml:1", "an object without kind"),
        ("kind: Pod\n", "file.yaml:1", "None"),
        ("apiVersion: v1\nkind: List\nitems: [7]\n", "file.yaml:3", "int"),
        ("apiVersion: v1\nkind: pod\n", "file.yaml:2", "'pod'"),
        ("apiVersion: rbac.authorization.k8s.io/v1\nkind: clusterRole\n", "file.yaml:2", "'clusterRole'"),
        ("apiVersion: v1\nkind: Pod\nspec: {a: !!binary YQ==}\n", "file.yaml:3", "the tag !!binary"),
        ("apiVersion: v1\nkind: Pod\nspec: {a: !!timestamp 2026-01-01}\n", "file.yaml:3", "the tag !!timestamp"),
        ("apiVersion: v1\nkind: Pod\nspec: {!!set {a}: b}\n", "file.yaml:3", "the tag !!set"),
        ("kind: AdmissionReview\napiVersion: admission.k8s.io/v1\n", "file.yaml", None),
        ("\x00", "file.yaml", None),
    ],
)
def test_what_can_not_be_read_is_an_error_that_says_where(text: str, where: str, found: str | None) -> None:
    """No document is skipped because it is not understood."""
    with pytest.raises(HeadgateError) as caught:
        read(text)

    assert (caught.value.exit_code, caught.value.where) == (Exit.NOT_EVALUATED, where)
    assert found is None or caught.value.found == found


def test_aliases_that_grow_without_measure_are_refused() -> None:
    """Nine levels of nine aliases would be a billion values."""
    lines = ["apiVersion: v1", "kind: Pod", "l0: &l0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"l{level}: &l{level} [{','.join([f'*l{level - 1}'] * 9)}]" for level in range(1, 9)]

    with pytest.raises(HeadgateError, match="can't be read safely"):
        read("\n".join(lines))


def test_a_review_is_read_as_the_cluster_reads_it() -> None:
    """Name, namespace and operation are the request's, not the object's."""
    review: dict[str, Any] = {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "1",
            "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
            "name": "scorer",
            "namespace": "fraud",
            "operation": "DELETE",
            "object": None,
            "oldObject": {"spec": {"a": 1}},
        },
    }

    assert manifests.from_review(review, "review") == Resource(
        id="apps/v1/Deployment/fraud/scorer",
        provider="kubernetes",
        type="kubernetes:apps/v1:Deployment",
        name="scorer",
        operation=Operation.DELETE,
        properties={"spec": {"a": 1}},
        kind="Deployment",
        group="apps",
        namespace="fraud",
        source=Source("review", 1),
    )


def test_no_file_without_an_object_is_judged() -> None:
    """Nothing to judge is not well."""
    with pytest.raises(HeadgateError, match="there is nothing to judge"):
        manifests.view({"a.yaml": "---\n", "b.yaml": "# only a comment\n"})


@given(st.text(max_size=200))
def test_any_text_is_resources_or_a_clear_error(text: str) -> None:
    """Whatever is in the file, there is no crash."""
    found: list[Resource] = []
    with contextlib.suppress(HeadgateError):
        found = read(text)

    assert all(each.kind for each in found)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "apiVersion": st.just("v1"),
                "kind": st.sampled_from(["Pod", "Job"]),
                "spec": st.text(string.printable[:95]),
            }
        ),
        max_size=5,
    )
)
def test_no_object_is_ever_dropped(objects: list[dict[str, str]]) -> None:
    """As many go in as come out."""
    documents = [json.dumps(each, ensure_ascii=False) for each in objects]

    assert len(read("\n---\n".join(documents))) == len(objects)


def test_a_review_in_a_file_has_lines_and_asks_for_something() -> None:
    """A property of the object has its line; a review to write nothing is refused."""
    text = (
        "apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nrequest:\n"
        "  kind: {group: '', version: v1, kind: Pod}\n  operation: %s\n  name: a\n"
        "  object:\n    apiVersion: v1\n    spec:\n      nodeName: x\n"
    )
    found = manifests.from_text(text % "CREATE", "review.yaml")[0]

    assert (found.source, found.source_of(("spec", "nodeName"))) == (
        Source("review.yaml", 1, 1),
        Source("review.yaml", 10, 17),
    )
    with pytest.raises(HeadgateError, match="asks to write nothing"):
        manifests.from_text((text % "CREATE").partition("  object")[0], "review.yaml")
