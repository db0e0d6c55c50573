"""Which setting a finding is mended by, what the file says then, and what is left to a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from decisions import decision, rule
from stack_folder import TEAM, Stacks

from headgate.gate.mend import ByHand, Mending, mending
from headgate.gate.origin import places
from headgate.plan.view import Operation, Resource
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.catalogue import Fix
from headgate.policy.decision import Outcome, Result, Violation
from headgate.stack.identity import StackName
from headgate.stack.load import load_stack
from headgate.stack.platform import PlatformStack
from headgate.stack.rewrite import StackFile
from headgate.stack.team import TeamStack

pytestmark = pytest.mark.unit

BOUNDS = replace(
    rule("HG-SV-006"),
    fixes=(Fix("spec.min", ("models.*.replicas.min",)), Fix("spec.max", ("models.*.replicas.max",))),
)
QUOTA = replace(rule("HG-CO-001"), fixes=(Fix("spec.pods", ("quota.pods",)),))
SECOND = TEAM[TEAM.index("      - name") :].replace("fraud-score", "fraud-score-v2").replace("min: 1", "min: 2")


@pytest.fixture
def stacks(tmp_path: Path) -> Stacks:
    """Return a team with two models, of which one is called as the other begins."""
    found = Stacks(tmp_path / "stacks")
    found.write("Pulumi.fraud-dev.yaml", TEAM + SECOND)
    return found


def planned(name: str, **properties: Any) -> Resource:
    """Return a planned resource."""
    return Resource(f"urn::{name}", "kubernetes", "t", name, Operation.CREATE, {"spec": properties})


def finding(by: Any, resource: Resource, field: str, fix: Any = None, **more: Any) -> Result:
    """Return a finding on a property of a resource."""
    violation = Violation("wrong", f"spec.{field}", ("spec", field), "x", "y", None, fix=fix, **more)
    return Result(by, resource, Outcome.FAIL, blocking=True, violations=(violation,))


def mend(stacks: Stacks, *results: Result, stack: str = "fraud-dev") -> Mending:
    """Return what would mend findings of a stack."""
    name = StackName.parse(stack)
    file = StackFile.read(name, stacks.folder)
    return mending(decision(*results), load_stack(name, stacks.folder), file, stacks.folder)


def test_several_settings_of_one_file_change_at_once_and_nothing_else(stacks: Stacks) -> None:
    """Each once, however many resources it became; the one that was not written is added."""
    first, second = (planned(f"fraud-score-{region}-autoscaler", min=1, max=2) for region in ("north", "central"))
    found = mend(
        stacks,
        *(finding(BOUNDS, each, "min", 3) for each in (first, second)),
        finding(BOUNDS, first, "max", 4),
        finding(QUOTA, planned("x-quota", pods=50), "pods", 60),
    )
    line = TEAM[: TEAM.index("replicas")].count("\n") + 1

    assert [(each.as_json()["setting"], each.before, each.after, each.line) for each in found.edits] == [
        ("models[0].replicas.min", 1, 3, line),
        ("models[0].replicas.max", 2, 4, line),
        ("quota.pods", 50, 60, None),
    ]
    assert found.edits[0].mends == tuple((BOUNDS.id, each.id, "spec.min") for each in (first, second))
    assert found.after == TEAM.replace("{min: 1, max: 2}", "{min: 3, max: 4}") + SECOND + "    quota: {pods: 60}\n"
    assert (found.by_hand, stacks.text("fraud-dev")) == ((), TEAM + SECOND)


def test_a_setting_belongs_to_the_entry_with_the_longest_name(stacks: Stacks) -> None:
    """`fraud-score-v2` is not `fraud-score`."""
    found = mend(stacks, finding(BOUNDS, planned("fraud-score-v2-north-autoscaler", min=2), "min", 1))

    assert [(each.setting, each.before) for each in found.edits] == [(("models", 1, "replicas", "min"), 2)]


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (finding(rule("HG-XX-001"), planned("fraud-score", min=1), "min", 3), "what to write does not follow"),
        (finding(replace(rule(), by_hand="it is a decision"), planned("a", min=1), "min", 3), "it is a decision"),
        (finding(BOUNDS, planned("fraud-score", min=1), "min"), "what to write does not follow"),
        (finding(BOUNDS, planned("fraud-score", other=1), "other", 3), "what to write does not follow"),
        (finding(BOUNDS, planned("fraud-score", min=7), "min", 3), "no setting of the stack has the value"),
        (finding(BOUNDS, planned("gateway", min=1), "min", 3), "no setting of the stack has the value"),
        (
            finding(BOUNDS, planned("fraud-score", min=1), "min", 9),
            "the stack does not take `models[0].replicas.min: 9`",
        ),
    ],
)
def test_what_can_t_be_told_or_does_not_load_is_left_to_a_person(stacks: Stacks, result: Result, why: str) -> None:
    """With the reason, and the file as it is."""
    found = mend(stacks, result)

    assert (found.edits, found.patch, [each.rule for each in found.by_hand]) == ((), "", [result.rule.id])
    assert found.by_hand[0].why.startswith(why)


def test_an_edit_that_the_stack_refuses_does_not_take_the_others_along(stacks: Stacks) -> None:
    """What fits is written."""
    model = planned("fraud-score", min=1, max=2)
    found = mend(stacks, finding(BOUNDS, model, "min", 9), finding(BOUNDS, model, "max", 5))

    assert [(each.setting[-1], each.after) for each in found.edits] == [("max", 5)]
    assert found.after == stacks.text("fraud-dev").replace("{min: 1, max: 2}", "{min: 1, max: 5}")


def test_two_rules_that_want_different_values_get_neither(stacks: Stacks) -> None:
    """A person decides."""
    model = planned("fraud-score", min=1)
    other = replace(BOUNDS, id="HG-XX-001")
    found = mend(stacks, finding(BOUNDS, model, "min", 2), finding(other, model, "min", 1))
    why = "its rules want different values of `models[0].replicas.min`"

    assert (found.edits, found.by_hand) == (
        (),
        (ByHand(BOUNDS.id, model.id, why), ByHand(other.id, model.id, why)),
    )


def test_what_was_known_before_or_is_waived_or_not_certain_is_not_touched(stacks: Stacks) -> None:
    """It is not this change's to mend."""
    model = planned("fraud-score", min=1)
    known = finding(BOUNDS, model, "min", 2, known=True)
    others = (
        replace(finding(BOUNDS, model, "min", 2), outcome=each) for each in (Outcome.WAIVED, Outcome.UNDETERMINED)
    )
    found = mend(stacks, known, *others)

    assert (found.edits, found.by_hand, found.after) == ((), (), stacks.text("fraud-dev"))


def test_what_a_later_decision_still_finds_is_told(stacks: Stacks) -> None:
    """By rule, resource and property: another finding on the resource is not this one."""
    model = planned("fraud-score", min=1, max=2)
    found = mend(stacks, finding(BOUNDS, model, "min", 2))

    assert found.left(decision(finding(BOUNDS, model, "min", 2))) == ((BOUNDS.id, model.id, "spec.min"),)
    assert found.left(decision(finding(BOUNDS, model, "max", 2))) == ()


def test_an_entry_at_a_site_belongs_to_what_is_named_after_both() -> None:
    """A model's own bounds are another place, though they have the same value."""
    values = {
        "models": [{"name": "a", "replicas": {"min": 1}}],
        "edge": [{"model": "a", "site": site, "replicas": {"min": 1}} for site in ("s", "t")],
        "pools": {"gpu": {"min": 1}, "gpuspot": {"min": 1}},
    }
    settings = ("models.*.replicas.min", "edge.*.replicas.min", "pools.*.min")

    def of(name: str) -> list[Any]:
        return [each.path for each in places(values, settings, planned(name, min=1), ("spec", "min"))]

    assert [of(name) for name in ("a-north-autoscaler", "a-t-autoscaler", "north-gpuspot", "b")] == [
        [("models", 0, "replicas", "min")],
        [("edge", 1, "replicas", "min")],
        [("pools", "gpuspot", "min")],
        [],
    ]


def test_a_place_in_a_list_is_found_by_its_number(stacks: Stacks) -> None:
    """Whatever number it has in the resource: of a canary's steps every second is a pause."""
    canary = "        strategy: {canary: {steps: [{weight: 40, pause_seconds: 60}, {weight: 60}]}}\n"
    stacks.write("Pulumi.fraud-dev.yaml", TEAM + canary)
    by = replace(rule(), fixes=(Fix("spec.steps[*].setWeight", ("models.*.strategy.canary.steps.0.weight",)),))
    rollout = planned("fraud-score-rollout", steps=[{"setWeight": 0}, {"setWeight": 40}])
    path = ("spec", "steps", 1, "setWeight")
    violation = Violation("wrong", "spec.steps[1].setWeight", path, "40", "y", None, fix=20)
    found = mend(stacks, Result(by, rollout, Outcome.FAIL, blocking=True, violations=(violation,)))

    assert found.after == TEAM + canary.replace("weight: 40", "weight: 20")


def test_two_places_of_one_name_and_value_are_both_told() -> None:
    """So that nobody's setting is changed for another's; a place that nobody set yet is one, too."""
    values = {"models": [{"name": "a", "x": 1}, {"name": "a", "x": 1}], "edge": {"probe": None}}

    assert len(places(values, ("models.*.x",), planned("a", x=1), ("spec", "x"))) == 2
    assert [each.path for each in places(values, ("edge.probe",), planned("b", x=1), ("spec", "x"))] == [
        ("edge", "probe")
    ]


def _is_setting(model: Any, setting: str) -> bool:
    """Whether a path of settings is one that the model knows."""
    schema = model.model_json_schema()
    found = [schema]
    for part in setting.split("."):
        choices = [each for value in found for each in (value, *value.get("anyOf", ()))]
        groups = [schema["$defs"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in choices]
        inner = [each.get(key, {}) for each in groups for key in ("properties", "patternProperties")]
        if part == "*" or part.isdigit():
            found = [member for each in inner for member in each.values()]
            found += [each[key] for each in groups for key in ("items", "additionalProperties") if each.get(key)]
        else:
            found = [each[part] for each in inner if part in each]
    return bool(found)


def test_rules_name_settings_that_there_are() -> None:
    """And a rule says which value to write if, and only if, it says where."""
    bundle = Bundle.find(CHECKOUT / "policies")
    named = {setting for each in bundle.rules for fix in each.fixes for setting in fix.settings}
    unknown = {
        setting for setting in named if not any(_is_setting(model, setting) for model in (PlatformStack, TeamStack))
    }

    assert (named != set(), unknown) == (True, set())
    assert {each.id for each in bundle.rules if each.fixes} == {
        each.id for each in bundle.rules if "finding.fixable(" in each.file.read_text()
    }
