"""Saved plans as a view: what changes from the plan, what stays from the state it was made against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.plan import load, saved
from headgate.plan.opaque import SECRET, UNKNOWN
from headgate.plan.view import Operation

pytestmark = pytest.mark.unit

BASE = "urn:pulumi:fraud-prod::headgate::kubernetes:apps/v1:Deployment::"
STACK = "urn:pulumi:fraud-prod::headgate::pulumi:pulumi:Stack::headgate-fraud-prod"
MANIFEST = {"time": "2026-01-01T00:00:00Z", "version": "v3.259.0"}
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SEALED = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "xyz"}


def entry(steps: list[str], **difference: Any) -> dict[str, Any]:
    """Return the plan of one deployment."""
    goal = {"type": "kubernetes:apps/v1:Deployment", "name": "x", "inputDiff": difference, "parent": STACK}
    return {"goal": goal, "steps": steps, "state": None}


def document(**plans: Any) -> dict[str, Any]:
    """Return a saved plan of deployments."""
    return {"manifest": MANIFEST, "resourcePlans": {f"{BASE}{name}": plan for name, plan in plans.items()}}


def state(*names: str) -> dict[str, Any]:
    """Return a state with deployments, each with two inputs."""
    inputs = {"metadata": {"namespace": "fraud"}, "spec": {"replicas": 1}}
    resources = [{"urn": f"{BASE}{name}", "type": "kubernetes:apps/v1:Deployment", "inputs": inputs} for name in names]
    return {"version": 3, "deployment": {"resources": resources}}


def test_what_is_created_is_in_the_plan_itself() -> None:
    """With its parent, its unknowns and its secrets."""
    adds = {"metadata": {"namespace": "fraud"}, "spec": UNKNOWN_TEXT, "data": SEALED}
    view = saved.from_plan(document(new=entry(["create"], adds=adds)), "plan.json")
    only = view.resources[0]

    assert (view.stack, only.id, only.operation, only.parent, only.properties, only.namespace) == (
        "fraud-prod",
        f"{BASE}new",
        Operation.CREATE,
        STACK,
        {"metadata": {"namespace": "fraud"}, "spec": UNKNOWN, "data": SECRET},
        "fraud",
    )


def test_what_changes_is_the_state_with_the_difference() -> None:
    """Deleted properties go, changed ones change, and the rest is as it was."""
    plan = document(
        changed=entry(["update"], updates={"spec": {"replicas": 3}}, deletes=["metadata"]),
        again=entry(["create-replacement", "replace", "delete-replaced"], adds={"data": "a"}),
        same=entry(["same"]),
        gone={"steps": ["delete"], "state": None},
    )
    view = saved.from_plan(plan, "plan.json", state("changed", "again", "same", "gone", "untouched"))

    assert [(each.name, str(each.operation), sorted(each.properties)) for each in view.resources] == [
        ("changed", "update", ["spec"]),
        ("again", "replace", ["data", "metadata", "spec"]),
        ("same", "same", ["metadata", "spec"]),
        ("gone", "delete", ["metadata", "spec"]),
        ("untouched", "same", ["metadata", "spec"]),
    ]
    assert view.resources[0].properties == {"spec": {"replicas": 3}}


def test_what_the_state_has_that_the_plan_changes_is_told() -> None:
    """Its old inputs, and that it would lose its protection from deletion."""
    plan = document(changed=entry(["update"], updates={"spec": {"replicas": 3}}), new=entry(["create"], adds={"a": 1}))
    before = state("changed")
    before["deployment"]["resources"][0]["protect"] = True
    changed, new = saved.from_plan(plan, "plan.json", before).resources

    assert (changed.before, changed.unprotected) == ({"spec": {"replicas": 1}}, True)
    assert (new.before, new.unprotected) == ({}, False)


@pytest.mark.parametrize("step", ["update", "same", "delete", "replace"])
def test_without_the_state_what_is_not_new_can_not_be_told(step: str) -> None:
    """Only the difference is known, and a guess could pass what is wrong."""
    with pytest.raises(HeadgateError, match="add `--state state"):
        saved.from_plan(document(old=entry([step])), "plan.json")


@pytest.mark.parametrize(
    "broken",
    [
        {"manifest": MANIFEST, "resourcePlans": {}},
        {"manifest": MANIFEST, "resourcePlans": "text"},
        {"resourcePlans": {f"{BASE}a": entry(["create"])}},
        document(a="text"),
        document(a={"steps": []}),
        document(a=entry(["teleport"])),
        {"manifest": MANIFEST, "resourcePlans": {"x": entry(["create"])}},
    ],
    ids=["empty", "text", "no-manifest", "plan-text", "no-steps", "unknown-step", "no-urn"],
)
def test_a_plan_that_can_not_be_read_is_an_error(broken: dict[str, Any]) -> None:
    """Nothing is left out."""
    with pytest.raises(HeadgateError, match="nothing was judged"):
        saved.from_plan(broken, "plan.json")


def test_a_plan_and_another_stacks_state_are_an_error() -> None:
    """They don't belong together."""
    with pytest.raises(HeadgateError, match="do not belong together"):
        saved.from_plan(document(a=entry(["update"])), "plan.json", state("b"))


def test_a_saved_plan_is_known_by_its_content(tmp_path: Path) -> None:
    """`--plan` takes it, with its state beside it; a whole plan takes no state."""
    plan, before, whole = tmp_path / "plan.json", tmp_path / "state.json", tmp_path / "whole.json"
    plan.write_text(json.dumps(document(a=entry(["same"]))))
    before.write_text(json.dumps(state("a")))
    whole.write_text(json.dumps({"steps": [{"op": "create", "urn": f"{BASE}a"}]}))

    assert [each.name for each in load.plan(str(plan), str(before)).resources] == ["a"]
    with pytest.raises(HeadgateError, match="leave --state out"):
        load.plan(str(whole), str(before))
