"""What people approve of a destroy, a refresh and an import: all that is done, and the state, are in the digest."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.plan.actions import DESTROY, REFRESH, UPDATE, Action, changes_of, form_of_outcomes, import_of, outcomes

pytestmark = pytest.mark.unit

STACK = "fraud-prod"
ROOT = "urn:pulumi:fraud-prod::headgate::pulumi:pulumi:Stack::headgate-fraud-prod"
TYPE = "kubernetes:core/v1:ConfigMap"


def urn(name: str) -> str:
    """Return a URN."""
    return f"urn:pulumi:{STACK}::headgate::{TYPE}::{name}"


def side(name: str, value: str = "1", **more: Any) -> dict[str, Any]:
    """Return a resource as a step has it before or after."""
    data = {"data": {"value": value}, "metadata": {"name": name}}
    return {"type": TYPE, "urn": urn(name), "id": f"default/{name}", "inputs": data, "outputs": data, **more}


def step(operation: str, name: str, old: Any = None, new: Any = None, **more: Any) -> dict[str, Any]:
    """Return how a step ended."""
    return {"op": operation, "urn": urn(name), "old": old, "new": new, **more}


def state(*names: str, **changes: Any) -> dict[str, Any]:
    """Return a state of these resources; the last one may be another."""
    resources = [side(name) for name in names]
    resources[-1] |= changes
    return {"version": 3, "deployment": {"manifest": {"time": "now"}, "resources": resources}}


def digest(action: Action, steps: list[dict[str, Any]], over: dict[str, Any], stack: str = STACK) -> str:
    """Return the digest of an operation."""
    return form_of_outcomes(stack, action, steps, over).digest


GOING = [step("delete", "a", side("a")), step("delete", "b", side("b"))]
STATE = state("a", "b")


def test_a_destroy_is_what_goes_away_and_the_state_that_it_goes_from() -> None:
    """In the form are operations and ids; foreseen again in another order it is the same."""
    found = form_of_outcomes(STACK, Action.DESTROY, GOING, STATE)

    assert found.resources == {urn(name): {"operations": ["delete"], "ids": [f"default/{name}"]} for name in "ab"}
    assert found.as_json()["state"] == found.state
    assert digest(Action.DESTROY, GOING[::-1], STATE) == found.digest


@pytest.mark.parametrize(
    "another",
    [
        digest(Action.REFRESH, GOING, STATE),
        digest(Action.UPDATE, GOING, STATE),
        digest(Action.DESTROY, GOING, STATE, "fraud-dev"),
        digest(Action.DESTROY, GOING[:1], STATE),
        digest(Action.DESTROY, [*GOING, step("delete", "c", side("c"))], STATE),
        digest(Action.DESTROY, [GOING[0], step("delete", "b", {**side("b"), "id": "default/other"})], STATE),
        digest(Action.DESTROY, [GOING[0], step("delete-replaced", "b", side("b"))], STATE),
        digest(Action.DESTROY, GOING, state("a", "b", "c")),
        digest(Action.DESTROY, GOING, state("a", "b", protect=True)),
        digest(Action.DESTROY, GOING, state("a", "b", modified="2026-03-02T12:00:00Z")),
    ],
)
def test_another_action_stack_resource_or_state_is_another_destroy(another: str) -> None:
    """So approvals of an update, of another stack, or from before something was added are of no use."""
    assert another != digest(Action.DESTROY, GOING, STATE)


def test_a_state_that_was_saved_again_is_the_same() -> None:
    """When it was saved does not count, nor under which ciphertext a secret lies there."""
    signature = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    one, two = (
        state("a", inputs={"password": {**signature, "ciphertext": text}}) | {"version": version}
        for text, version in (("v1:x", 3), ("v1:y", 4))
    )
    two["deployment"]["manifest"] = {"time": "later"}

    assert digest(Action.DESTROY, GOING, one) == digest(Action.DESTROY, GOING, two)


def test_a_refresh_is_the_drift_that_it_finds() -> None:
    """By property, as the state has it and as it is; what stays is left out, and what is gone is told."""
    found = changes_of(
        [
            step("same", "a", side("a"), side("a")),
            step("update", "b", side("b"), side("b", "9")),
            step("delete", "c", side("c")),
        ]
    )

    assert found == {
        urn("b"): {
            "operations": ["update"],
            "ids": ["default/b"],
            "drift": {"data": {"was": {"value": "1"}, "is": {"value": "9"}}},
        },
        urn("c"): {"operations": ["delete"], "ids": ["default/c"]},
    }


def test_more_drift_or_another_is_another_refresh() -> None:
    """What is approved is the value that is taken over."""
    drifts = [[step("update", "b", side("b"), side("b", value))] for value in ("9", "8")]
    drifts.append([*drifts[0], step("update", "a", side("a"), side("a", "9"))])

    assert len({digest(Action.REFRESH, drift, STATE) for drift in drifts}) == 3


def test_the_engines_own_difference_says_which_properties_drifted() -> None:
    """What a provider calls no difference, such as a version that it counts up, is none."""
    new = {**side("b", "9"), "outputs": {"data": {"value": "9"}, "metadata": {"name": "b", "resourceVersion": "7"}}}
    named = changes_of([step("update", "b", side("b"), new, detailedDiff={'data["value"]': {}, '["x.y"].z': {}})])
    unnamed = changes_of([step("update", "b", side("b"), new)])

    assert (list(named[urn("b")]["drift"]), list(unnamed[urn("b")]["drift"])) == (["data"], ["data", "metadata"])


def test_an_import_is_type_name_id_and_whose_it_becomes() -> None:
    """Another id, parent or provider is another import."""
    taken = {"parent": ROOT, "provider": "urn:p::one", "protect": True}
    found = changes_of([step("same", "a", side("a"), side("a")), step("import", "c", None, side("c", **taken))])

    assert found == {urn("c"): {"operations": ["import"], "ids": ["default/c"], "type": TYPE, **taken}}
    others = [{"id": "default/d"}, {"parent": urn("a")}, {"provider": "urn:p::two"}, {"protect": False}]
    assert all(changes_of([step("import", "c", None, side("c", **(taken | other)))]) != found for other in others)


def test_a_request_is_held_to_what_was_approved() -> None:
    """Each resource is a target, where the engine would look for more; a name that stands for any is refused."""
    form = {"resources": {urn("a"): {}, urn("b"): {}}}
    targets = ("--target", urn("a"), "--target", urn("b"))

    assert [each.held_to(form) for each in (DESTROY, REFRESH, UPDATE)] == [targets, targets, ()]
    with pytest.raises(HeadgateError, match="can't be held to its resources"):
        DESTROY.held_to({"resources": {urn("a*"): {}}})


def test_a_request_becomes_the_engines_command() -> None:
    """An import names what it takes in, and no word of it can be an option."""
    assert [each.command for each in (UPDATE, DESTROY, REFRESH)] == [("up",), ("destroy",), ("refresh",)]
    asked = import_of(TYPE, "c", "default/c", parent=ROOT, provider="urn:p")
    links = ("--parent", f"parent={ROOT}", "--provider", "provider=urn:p")
    assert asked.command == ("import", TYPE, "c", "default/c", "--generate-code=false", *links)
    for words in ((TYPE, "--yes", "x"), ("-f", "c", "x"), (TYPE, "c", "")):
        with pytest.raises(HeadgateError, match="no resource to import"):
            import_of(*words)


@pytest.mark.parametrize(
    "events",
    [
        [{"resOutputsEvent": None}],
        [{"resOutputsEvent": {"metadata": "x"}}],
        [{"resOutputsEvent": {"metadata": {"op": "delete"}}}],
        [{"resOutputsEvent": {"metadata": {"op": "explode", "urn": urn("a")}}}],
    ],
)
def test_a_step_that_cannot_be_read_is_no_part_of_a_plan(events: list[dict[str, Any]]) -> None:
    """It is an error, not an omission."""
    with pytest.raises(HeadgateError, match="can't be read"):
        changes_of(outcomes(events))


def test_without_a_state_there_is_no_form() -> None:
    """An export that is cut short binds nothing."""
    with pytest.raises(HeadgateError, match="can't be read"):
        form_of_outcomes(STACK, Action.DESTROY, GOING, {})
