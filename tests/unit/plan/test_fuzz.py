"""Any document, and any damage to a good one: a clear error or every resource, never a crash and never one less."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.errors import HeadgateError
from headgate.plan import load, manifests, pulumi, saved
from headgate.plan.view import View

pytestmark = pytest.mark.unit

URN = "urn:pulumi:fraud-prod::headgate::kubernetes:apps/v1:Deployment::"
SIGNATURE = "4dabf18193072939515e22adb298388d"
MARK = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}
# Words that the readers look for, so that damage is found by more than luck.
WORDS = st.sampled_from(
    ["urn", "type", "op", "create", "inputs", "parent", "steps", "metadata", "kind", "deployment", "items", "List", URN]
)
LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | WORDS | st.text(max_size=4)
JSON = st.recursive(
    LEAVES | st.builds(lambda: dict(MARK)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)
PLACES = st.lists(st.integers(0, 7), min_size=1, max_size=7)


def resource(number: int) -> dict[str, Any]:
    """Return a resource as steps and states have it."""
    return {
        "urn": f"{URN}{number}",
        "type": "kubernetes:apps/v1:Deployment",
        "inputs": {
            "kind": "Deployment",
            "apiVersion": "apps/v1",
            "metadata": {"name": "x", "namespace": "n"},
            "a": dict(MARK),
        },
        "parent": f"{URN}parent",
        "dependencies": [f"{URN}other"],
        "provider": "urn:pulumi:s::p::pulumi:providers:kubernetes::region::id",
        "sourcePosition": "project:///infra/x.py#1,2",
    }


def preview() -> dict[str, Any]:
    """Return a plan of three steps."""
    return {"steps": [{"op": "create", "urn": f"{URN}{at}", "newState": resource(at)} for at in range(3)]}


def state() -> dict[str, Any]:
    """Return a state of three resources."""
    return {"version": 3, "deployment": {"resources": [resource(at) for at in range(3)]}}


def events() -> dict[str, Any]:
    """Return a run of three resources, under a key, so that damage can be done to it as to the others."""
    each = [{"resourcePreEvent": {"metadata": {"op": "create", "new": resource(at)}}} for at in range(3)]
    return {"events": [*each, {"summaryEvent": {"result": "succeeded"}}]}


def plan() -> dict[str, Any]:
    """Return a saved plan of three resources."""
    goal = {"type": "kubernetes:apps/v1:Deployment", "name": "x", "inputDiff": {"adds": {"a": dict(MARK)}}}
    plans = {f"{URN}{at}": {"goal": dict(goal), "steps": ["create"]} for at in range(3)}
    return {"manifest": {"version": "v3.259.0"}, "resourcePlans": plans}


def read_events(document: Mapping[str, Any]) -> View:
    """Read events as they come out of a file."""
    listed = document.get("events")
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise HeadgateError("the file's reader refuses what is no event")
    return pulumi.from_events(listed, "fuzz")


READERS: list[tuple[Callable[[], dict[str, Any]], Callable[[Any], View], Callable[[Any], int]]] = [
    (preview, lambda given: pulumi.from_preview(given, "fuzz"), lambda given: len(given["steps"])),
    (
        state,
        lambda given: pulumi.from_state(given, "fuzz"),
        lambda given: len(given["deployment"].get("resources", [])),
    ),
    (
        events,
        read_events,
        lambda given: sum("resourcePreEvent" in each for each in given["events"]),
    ),
    (plan, lambda given: saved.from_plan(given, "fuzz"), lambda given: len(given["resourcePlans"])),
]


def attempt(read: Callable[[Any], Any], of: Any) -> Any:
    """Return what a reader makes of something, None where it refuses; any other exception is a crash."""
    try:
        return read(of)
    except HeadgateError:
        return None


def damaged(document: Any, places: list[int], new: Any, *, remove: bool) -> Any:
    """Put something else in a place of a document, or take the place out; the places are chosen by number."""
    node = document
    for depth, number in enumerate(places):
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            break
        key = keys[number % len(keys)]
        if depth == len(places) - 1 or not isinstance(node[key], dict | list):
            if remove:
                del node[key]
            else:
                node[key] = new
            break
        node = node[key]
    return document


@pytest.mark.parametrize(("whole", "read", "expected"), READERS, ids=["preview", "state", "events", "plan"])
def test_every_reader_finds_every_resource_of_a_whole_document(
    whole: Callable[[], Any], read: Callable[[Any], View], expected: Callable[[Any], int]
) -> None:
    """What the damage below is done to is well."""
    assert (len(read(whole()).resources), expected(whole())) == (3, 3)


@pytest.mark.parametrize(("whole", "read", "expected"), READERS, ids=["preview", "state", "events", "plan"])
@given(places=PLACES, new=JSON, remove=st.booleans())
@settings(max_examples=100, suppress_health_check=list(HealthCheck))
def test_a_damaged_document_is_an_error_or_has_all_its_resources(
    whole: Callable[[], Any],
    read: Callable[[Any], View],
    expected: Callable[[Any], int],
    places: list[int],
    new: Any,
    remove: bool,
) -> None:
    """Whatever stands where something else should: nothing is left out in silence, and what is read is JSON."""
    document = damaged(whole(), places, new, remove=remove)
    view = attempt(read, document)

    assert view is None or len(view.resources) == expected(document)
    assert view is None or json.loads(json.dumps(view.as_json())) == view.as_json()


@given(document=JSON)
@settings(max_examples=100)
def test_any_json_at_all_is_an_error_or_a_view(document: Any) -> None:
    """Handed over as plan, as log, as state and as manifest."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file.json"
        file.write_text(json.dumps(document), encoding="utf-8")
        for read in (load.plan, load.event_log, load.state, lambda path: load.manifest_files([path])):
            view = attempt(read, str(file))

            assert view is None or json.dumps(view.as_json())


@given(text=st.text(max_size=200) | st.binary(max_size=200))
@settings(max_examples=80)
def test_any_text_at_all_is_an_error_or_a_view(text: str | bytes) -> None:
    """Bytes, half characters, and what only looks like YAML."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        for read in (load.plan, load.state, lambda path: load.manifest_files([path])):
            view = attempt(read, str(file))

            assert view is None or view.as_json() is not None


REVIEW = {
    "apiVersion": "admission.k8s.io/v1",
    "kind": "AdmissionReview",
    "request": {
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "operation": "CREATE",
        "name": "a",
        "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}},
    },
}
LIST = {"apiVersion": "v1", "kind": "List", "items": [REVIEW["request"]["object"]] * 3}  # type: ignore[index]


@pytest.mark.parametrize(("whole", "count"), [(REVIEW, 1), (LIST, 3)], ids=["review", "list"])
@given(places=PLACES, new=JSON, remove=st.booleans())
@settings(max_examples=80)
def test_a_damaged_object_is_an_error_or_a_resource(
    whole: dict[str, Any], count: int, places: list[int], new: Any, remove: bool
) -> None:
    """Reviews and lists: what is in them is judged or refused."""
    document = damaged(json.loads(json.dumps(whole)), places, new, remove=remove)
    found = attempt(lambda text: manifests.from_text(text, "fuzz"), json.dumps(document))
    items = document.get("items") if document.get("kind") == "List" else None

    assert found is None or len(found) >= (min(len(items), count) if isinstance(items, list) else 1)
