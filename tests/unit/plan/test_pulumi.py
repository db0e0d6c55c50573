"""Pulumi's documents as a view: every step, with what is unknown or secret marked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.plan import load, pulumi
from headgate.plan.opaque import SECRET, UNKNOWN, places, unwrap
from headgate.plan.view import Operation, Source, View, kubernetes_identity

pytestmark = pytest.mark.unit

URN = "urn:pulumi:fraud-prod::headgate::kubernetes:apps/v1:Deployment::scorer"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_MARK = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT_MARK = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
INPUTS = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "fraud"}, "spec": {"replicas": 2}}
STATE = {
    "urn": URN,
    "type": "kubernetes:apps/v1:Deployment",
    "inputs": INPUTS,
    "parent": "urn:pulumi:fraud-prod::headgate::pulumi:pulumi:Stack::headgate-fraud-prod",
    "dependencies": ["urn:a"],
    "protect": True,
}


def only(view: View) -> dict[str, Any]:
    """Return the only resource, as rules see it."""
    assert len(view.resources) == 1
    return view.as_json()[0]


SUMMARY = {"summaryEvent": {"result": "succeeded"}}
EXPECTED = {
    "id": URN,
    "provider": "kubernetes",
    "type": "kubernetes:apps/v1:Deployment",
    "name": "scorer",
    "kind": "Deployment",
    "group": "apps",
    "namespace": "fraud",
    "subresource": "",
    "operation": "update",
    "parent": STATE["parent"],
    "dependencies": ["urn:a"],
    "protect": True,
    "opaque": [],
    "properties": INPUTS,
}


def test_a_preview_is_its_steps() -> None:
    """The classic document."""
    view = pulumi.from_preview({"steps": [{"op": "update", "urn": URN, "newState": STATE}]}, "plan.json")

    assert (only(view), view.stack) == (EXPECTED, "fraud-prod")


def test_an_event_stream_is_its_resource_events() -> None:
    """The streaming document, and event logs."""
    events = [
        {"preludeEvent": {}},
        {"resourcePreEvent": {"metadata": {"op": "update", "urn": URN, "new": STATE}}},
        {"resOutputsEvent": {"metadata": {"op": "update", "urn": URN, "new": STATE}}},
        SUMMARY,
    ]

    assert only(pulumi.from_events(events, "events")) == EXPECTED


def test_a_state_is_what_exists() -> None:
    """An export: everything is as it was, and what is about to go is going."""
    view = pulumi.from_state({"deployment": {"resources": [STATE, STATE | {"delete": True}]}}, "state")

    assert [each.operation for each in view.resources] == [Operation.SAME, Operation.DELETE]


@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("create", "create"),
        ("create-replacement", "replace"),
        ("delete-replaced", "delete"),
        ("import", "create"),
        ("read", "read"),
        ("refresh", "same"),
        ("same", "same"),
    ],
)
def test_steps_have_the_rules_words(name: str, operation: str) -> None:
    """What the engine calls a step is what it means for a rule."""
    view = pulumi.from_preview({"steps": [{"op": name, "urn": URN, "oldState": STATE}]}, "plan")

    assert only(view)["operation"] == operation


@pytest.mark.parametrize(
    ("before", "after", "unprotected"),
    [(True, False, True), (True, True, False), (False, False, False), (None, False, False)],
)
def test_a_protection_that_is_taken_off_is_seen(before: bool | None, after: bool, unprotected: bool) -> None:
    """Nothing else of the resource needs to change for that: the engine calls the step `same`."""
    old, new = (STATE | {"protect": protect} for protect in (before, after))
    for names in (("oldState", "newState"), ("old", "new")):
        step = {"op": "same", "urn": URN, **dict(zip(names, (old, new), strict=True))}
        seen = only(pulumi.from_preview({"steps": [step]}, "plan"))

        assert seen.get("unprotected", False) is unprotected


def test_what_was_other_before_is_told_and_nothing_else() -> None:
    """By the inputs that changed or went, in both forms of a step; what is new was nothing before."""
    old = STATE | {
        "inputs": {
            "kept": {"a": 1},
            "retentionInDays": 90,
            "gone": [1],
            "token": {SIGNATURE: SECRET_MARK, "ciphertext": "v1:x"},
        }
    }
    new = STATE | {"inputs": {"kept": {"a": 1}, "retentionInDays": 30, "added": 1}}
    was = {"retentionInDays": 90, "gone": [1], "token": SECRET}
    for names in (("oldState", "newState"), ("old", "new")):
        step = {"op": "update", "urn": URN, **dict(zip(names, (old, new), strict=True))}
        same = {"op": "same", "urn": URN, **dict(zip(names, (old, old), strict=True))}
        gone = {"op": "delete", "urn": URN, names[0]: old}
        found = [only(pulumi.from_preview({"steps": [each]}, "plan")).get("before") for each in (step, same, gone)]

        assert found == [was, None, None]


def test_a_step_without_a_type_takes_it_from_the_urn() -> None:
    """Older documents leave it out; children of components have their parents' types before it."""
    urn = "urn:pulumi:s::p::headgate:index:Model$kubernetes:core/v1:Pod::x"

    assert only(pulumi.from_preview({"steps": [{"op": "create", "urn": urn}]}, "plan"))["type"] == (
        "kubernetes:core/v1:Pod"
    )


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"steps": "text"},
        {"steps": []},
        {"steps": [{"op": "create", "urn": URN}], "diagnostics": [{"severity": "error", "message": "it failed"}]},
        {"steps": [{"op": "teleport", "urn": URN}]},
        {"steps": [{"op": "create"}]},
        {"steps": [{"op": "create", "urn": "x"}]},
        {"steps": [{"op": "create", "urn": URN, "newState": {"inputs": "text"}}]},
    ],
)
def test_a_preview_that_can_not_be_read_is_an_error(document: dict[str, Any]) -> None:
    """A step that is not understood is not left out."""
    with pytest.raises(HeadgateError, match="nothing was judged"):
        pulumi.from_preview(document, "plan")


@pytest.mark.parametrize(
    "end",
    [
        [],
        [{"summaryEvent": None}],
        [{"summaryEvent": {}}],
        [{"summaryEvent": {"result": "failed"}}],
        [{"summaryEvent": {"result": "canceled"}}],
    ],
)
def test_a_stream_of_a_run_that_did_not_succeed_is_an_error(end: list[dict[str, Any]]) -> None:
    """A preview that failed half-way would pass what it did not come to; the engine sums up failed runs too."""
    with pytest.raises(HeadgateError, match="nothing was judged"):
        pulumi.from_events([{"resourcePreEvent": {"metadata": {"op": "create", "urn": URN}}}, *end], "events")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (UNKNOWN_TEXT, UNKNOWN),
        ("[secret]", SECRET),
        ({SIGNATURE: SECRET_MARK, "ciphertext": "v1:x"}, SECRET),
        ({SIGNATURE: SECRET_MARK, "value": "clear"}, SECRET),
        ({SIGNATURE: OUTPUT_MARK, "value": "text"}, "text"),
        ({SIGNATURE: OUTPUT_MARK, "value": "text", "secret": True}, SECRET),
        ({SIGNATURE: OUTPUT_MARK}, UNKNOWN),
        ({"secret": {"name": "x"}}, {"secret": {"name": "x"}}),
        ([1, None, {"a": [UNKNOWN_TEXT]}], [1, None, {"a": [UNKNOWN]}]),
    ],
)
def test_unknown_and_secret_values_become_markers(value: Any, expected: Any) -> None:
    """In every form that Pulumi has for them, at any depth, and nothing else."""
    assert unwrap(value) == expected


def test_what_hides_nothing_is_not_copied() -> None:
    """A large plan is in memory once; what holds a marker is another value, and the document stays as it was."""
    plain: dict[str, Any] = {"spec": [{"a": 1}], "labels": {"b": "c"}}
    hiding = {"plain": plain, "list": [plain, UNKNOWN_TEXT]}

    found = unwrap(hiding)

    assert (found, hiding["list"]) == ({"plain": plain, "list": [plain, UNKNOWN]}, [plain, UNKNOWN_TEXT])
    assert (found["plain"] is plain, unwrap(plain) is plain) == (True, True)


def test_the_place_of_every_marker_is_listed() -> None:
    """Rules ask this list what is hidden above the value they need."""
    value = {"spec": UNKNOWN, "list": [{"a": SECRET}, {"secret": {"name": "x"}}]}

    assert list(places(value)) == [(("spec",), "unknown"), (("list", 0, "a"), "secret")]


def test_no_secret_reaches_the_view() -> None:
    """Only that there is one."""
    inputs = {"stringData": {"key": {SIGNATURE: SECRET_MARK, "value": "clear"}}}
    resource = pulumi.from_inputs(URN, "kubernetes:core/v1:Secret", inputs)

    assert "clear" not in json.dumps(resource.as_json())


@pytest.mark.parametrize(
    ("token", "properties", "identity"),
    [
        ("kubernetes:core/v1:Pod", {}, ("Pod", "")),
        ("kubernetes:v1:Pod", {}, ("Pod", "")),
        ("kubernetes:core/v1:ConfigMap", {"apiVersion": "v1", "kind": "Pod"}, ("Pod", "")),
        ("kubernetes:argoproj.io/v1alpha1:Rollout", {}, ("Rollout", "argoproj.io")),
        ("kubernetes:core/v1:Pod", {"apiVersion": UNKNOWN, "kind": UNKNOWN}, (None, None)),
    ],
)
def test_what_an_object_says_it_is_wins_over_its_type(
    token: str, properties: dict[str, Any], identity: tuple[str | None, str | None]
) -> None:
    """And what can't be told is not guessed."""
    assert kubernetes_identity(token, properties) == identity


def test_a_plan_file_is_recognised_by_what_is_in_it(tmp_path: Path) -> None:
    """A preview, a stream on lines, a pretty-printed stream and a state are all taken."""
    event = {"resourcePreEvent": {"metadata": {"op": "update", "urn": URN, "new": STATE}}}
    texts = {
        "preview": json.dumps({"steps": [{"op": "update", "urn": URN, "newState": STATE}]}),
        "lines": f"{json.dumps(event)}\n{json.dumps(SUMMARY)}\n",
        "pretty": f"{json.dumps(event, indent=2)}\n{json.dumps(SUMMARY, indent=2)}",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "state").write_text(json.dumps({"deployment": {"resources": [STATE]}}))

    found = [only(load.plan(str(tmp_path / name))) for name in texts]

    assert (found, only(load.plan(str(tmp_path / "state")))["operation"]) == ([EXPECTED] * 3, "same")


@pytest.mark.parametrize("text", ["", "text", "[1]", "7", "{", '{"a": 1} x', '{"deployment": 1}'])
def test_a_file_that_is_no_plan_is_an_error(tmp_path: Path, text: str) -> None:
    """With what to do about it."""
    (tmp_path / "plan").write_text(text)

    with pytest.raises(HeadgateError, match="nothing was judged"):
        load.plan(str(tmp_path / "plan"))


def test_a_file_that_is_not_there_or_no_text_is_an_error(tmp_path: Path) -> None:
    """So is one that can't be decoded."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")

    for name in ("absent", "binary"):
        with pytest.raises(HeadgateError, match="nothing was judged"):
            load.plan(str(tmp_path / name))


def test_a_directory_of_manifests_is_its_files(tmp_path: Path) -> None:
    """Every YAML and JSON file below it, in order, and no other."""
    (tmp_path / "inner").mkdir()
    for name in ("b.yaml", "inner/a.yml", "c.json"):
        (tmp_path / name).write_text('{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}')
    (tmp_path / "README.md").write_text("no manifest")

    assert [str(each.source) for each in load.manifest_files([str(tmp_path)]).resources] == [
        f"{tmp_path}/{name}:1" for name in ("b.yaml", "c.json", "inner/a.yml")
    ]


def test_a_state_says_which_line_of_the_program_asked_for_a_resource() -> None:
    """Pulumi keeps it in states alone; what is no such place is none."""
    places = ["project:///infra/layers/serving.py#40,5", "file:///srv/x.py#7", "nowhere", 3]
    resources = [STATE | {"sourcePosition": each} for each in places]
    view = pulumi.from_state({"deployment": {"resources": resources}}, "state")

    assert [each.source for each in view.resources] == [
        Source("infra/layers/serving.py", 40, 5),
        Source("/srv/x.py", 7, 1),
        None,
        None,
    ]


def test_a_state_of_a_newer_pulumi_is_an_error() -> None:
    """What it has become is not guessed."""
    with pytest.raises(HeadgateError, match="a state of version 9"):
        pulumi.from_state({"version": 9, "deployment": {"resources": [STATE]}}, "state")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "nothing at all"),
        ('{"resourcePreEvent": {"metadata": {"op": "cre', "cut short after 45 characters"),
        ('{"a": 1}\n{"b": }\n{}', "no JSON at line 2, column 7"),
        ('["a"]', "list in place of an event"),
    ],
)
def test_a_broken_plan_says_where_it_breaks(tmp_path: Path, text: str, told: str) -> None:
    """A download that ended early is told from a file of something else."""
    file = tmp_path / "plan.json"
    file.write_text(text)

    with pytest.raises(HeadgateError, match="nothing was judged") as caught:
        load.plan(str(file))

    assert told in str(caught.value)
    # Whatever was asked of it: `check`, `stack cost`, `stack diagram`.
    assert caught.value.fix == "`pulumi preview --json > plan.json`, and name that file with --plan"


@pytest.mark.parametrize(("text", "found"), [("", "nothing at all"), ("[]", "list, not an object")])
def test_what_is_no_state_is_told_how_to_make_one(tmp_path: Path, text: str, found: str) -> None:
    """The command that writes a plan would write no state."""
    file = tmp_path / "state.json"
    file.write_text(text)

    with pytest.raises(HeadgateError) as caught:
        load.state(str(file))

    fix = "`pulumi stack export > state.json`, and name that file with --state"
    assert (caught.value.found, caught.value.fix) == (found, fix)
