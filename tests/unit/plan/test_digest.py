"""The digest of a plan: whatever is approved changes it, and nothing else does."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import HeadgateError
from headgate.plan.digest import Secrets, ciphertexts, digest_of, form_of

pytestmark = pytest.mark.unit

STACK = "fraud-prod"
ROOT = "urn:pulumi:fraud-prod::headgate::pulumi:pulumi:Stack::headgate-fraud-prod"
BASE = "urn:pulumi:fraud-prod::headgate::kubernetes:core/v1:ConfigMap::"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
KEY = b"k" * 32
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


def sealed(ciphertext: str) -> dict[str, str]:
    """Return a secret as plans and states hold it."""
    return {SIGNATURE: SECRET, "ciphertext": ciphertext}


TEXTS = {"one": '"hunter2"', "two": '"swordfish"', "old": '"before"'}


def planned(*steps: str, sources: dict[str, list[str]] | None = None, **difference: Any) -> dict[str, Any]:
    """Return the plan of one resource."""
    goal = {
        "type": "kubernetes:core/v1:ConfigMap",
        "name": "x",
        "custom": True,
        "inputDiff": difference,
        "outputDiff": {},
        "parent": ROOT,
        "protect": False,
        "dependencies": [f"{BASE}a", f"{BASE}b"],
        "propertyDependencies": sources or {},
    }
    return {"goal": goal, "steps": list(steps), "state": {"any": "thing"}, "seed": "c2VlZA=="}


def labels(commit: str) -> dict[str, str]:
    """Return labels of which one names the commit."""
    return {"team": "fraud", "headgate.dev/commit": commit}


def plan() -> dict[str, Any]:
    """Return a plan with a bit of everything."""
    return {
        "manifest": {"time": "2026-01-01T00:00:00Z", "version": "v3.259.0"},
        "resourcePlans": {
            f"{BASE}new": planned("create", adds={"data": {"a": "1", "b": [1, 2.5, None]}}),
            f"{BASE}secret": planned("create", adds={"data": {"token": sealed("one")}}),
            f"{BASE}late": planned("create", adds={"data": UNKNOWN}, sources={"data": [f"{BASE}new"]}),
            f"{BASE}labelled": planned("create", adds={"metadata": {"labels": labels("1")}}),
            f"{BASE}changed": planned("update", updates={"data": {"a": "2"}}),
            f"{BASE}kept": planned("same"),
            f"{BASE}gone": {"steps": ["delete"], "state": None},
        },
    }


def state() -> dict[str, Any]:
    """Return the state that it was made against."""
    inputs = {"data": {"a": "1"}, "token": sealed("old")}
    resources = [{"urn": f"{BASE}{name}", "inputs": copy.deepcopy(inputs)} for name in ("changed", "kept", "gone")]
    return {"deployment": {"resources": resources}}


def digest(document: Any, before: Any = None, texts: dict[str, str] | None = None, key: bytes = KEY) -> str:
    """Return the digest of a plan."""
    return form_of(document, before or state(), Secrets(key, texts or TEXTS), stack=STACK).digest


def edited(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """Return the plan with a change."""
    document = plan()
    change(document["resourcePlans"])
    return document


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a resource added": lambda plans: plans.update({f"{BASE}more": planned("create", adds={})}),
    "a resource taken out": lambda plans: plans.pop(f"{BASE}kept"),
    "a deletion added": lambda plans: plans.update({f"{BASE}kept": {"steps": ["delete"], "state": None}}),
    "a deletion taken out": lambda plans: plans.pop(f"{BASE}gone"),
    "update made replace": lambda plans: plans[f"{BASE}changed"].update(
        steps=["create-replacement", "replace", "delete-replaced"]
    ),
    "steps in another order": lambda plans: plans[f"{BASE}changed"].update(steps=["update", "same"]),
    "another value": lambda plans: plans[f"{BASE}new"]["goal"]["inputDiff"]["adds"]["data"].update(a="2"),
    "another type of value": lambda plans: plans[f"{BASE}new"]["goal"]["inputDiff"]["adds"]["data"].update(a=1),
    "another order of a list": lambda plans: plans[f"{BASE}new"]["goal"]["inputDiff"]["adds"]["data"].update(
        b=[2.5, 1, None]
    ),
    "an input taken out": lambda plans: plans[f"{BASE}changed"]["goal"]["inputDiff"].update(deletes=["token"]),
    "another secret": lambda plans: plans[f"{BASE}secret"]["goal"]["inputDiff"]["adds"].update(
        data={"token": sealed("two")}
    ),
    "a secret made plain": lambda plans: plans[f"{BASE}secret"]["goal"]["inputDiff"]["adds"].update(
        data={"token": "hunter2"}
    ),
    "a plain value made secret": lambda plans: plans[f"{BASE}new"]["goal"]["inputDiff"]["adds"]["data"].update(
        a=sealed("one")
    ),
    "a secret moved": lambda plans: plans[f"{BASE}secret"]["goal"]["inputDiff"]["adds"].update(
        data={"other": sealed("one")}
    ),
    "an unknown value made known": lambda plans: plans[f"{BASE}late"]["goal"]["inputDiff"]["adds"].update(data="1"),
    "another source of an unknown value": lambda plans: plans[f"{BASE}late"]["goal"].update(
        propertyDependencies={"data": [f"{BASE}changed"]}
    ),
    "another protection": lambda plans: plans[f"{BASE}new"]["goal"].update(protect=True),
    "another provider": lambda plans: plans[f"{BASE}new"]["goal"].update(provider="urn:other::1"),
    "another parent": lambda plans: plans[f"{BASE}new"]["goal"].update(parent=f"{BASE}kept"),
    "a label of the commit taken out": lambda plans: plans[f"{BASE}labelled"]["goal"]["inputDiff"].update(
        adds={"metadata": {"labels": {"team": "fraud"}}}
    ),
    "another label": lambda plans: plans[f"{BASE}labelled"]["goal"]["inputDiff"]["adds"]["metadata"]["labels"].update(
        team="vision"
    ),
    "an option that is not known here": lambda plans: plans[f"{BASE}new"]["goal"].update(later="option"),
    "something exported": lambda plans: plans[f"{BASE}kept"]["goal"].update(outputDiff={"adds": {"url": "x"}}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_would_be_done_otherwise_changes_the_digest(name: str) -> None:
    """Each operation, input, option, secret and source is part of what is approved."""
    assert digest(edited(CHANGES[name])) != digest(plan())


def test_no_two_of_these_changes_have_one_digest() -> None:
    """Not by accident either: each of them is told apart."""
    found = {name: digest(edited(change)) for name, change in CHANGES.items()}

    assert len(set(found.values())) == len(CHANGES)


def test_another_state_below_the_same_difference_changes_the_digest() -> None:
    """Approved is what comes out, not the difference alone."""
    other, swapped = state(), state()
    other["deployment"]["resources"][0]["inputs"]["data"]["b"] = "new"
    other["deployment"]["resources"][0]["inputs"]["label"] = "new"
    swapped["deployment"]["resources"][1]["inputs"]["token"] = sealed("two")

    assert len({digest(plan()), digest(plan(), other), digest(plan(), swapped)}) == 3


def test_another_plan_of_the_same_change_has_the_same_digest() -> None:
    """Time, seeds, commit, what a provider answered, ciphertexts and the order of sets differ from plan to plan."""
    again = plan()
    again["manifest"]["time"] = "2027-01-01T00:00:00Z"
    for each in again["resourcePlans"].values():
        each.update(seed="b3RoZXI=", state={"other": "thing"})
        if "goal" in each:
            each["goal"]["dependencies"].reverse()
    again["resourcePlans"][f"{BASE}secret"]["goal"]["inputDiff"]["adds"]["data"]["token"] = sealed("sealed again")
    again["resourcePlans"][f"{BASE}labelled"]["goal"]["inputDiff"]["adds"]["metadata"]["labels"] = labels("2")
    before = state()
    before["deployment"]["resources"][0]["inputs"]["token"] = sealed("old again")
    texts = {**TEXTS, "sealed again": TEXTS["one"], "old again": TEXTS["old"]}

    assert digest(again, before, texts) == digest(plan())


def test_another_stack_action_or_key_has_another_digest() -> None:
    """The same change elsewhere is another change, and a key of one's own gives no digest of theirs."""
    secrets = Secrets(KEY, TEXTS)
    found = {
        form_of(plan(), state(), secrets, stack=STACK).digest,
        form_of(plan(), state(), secrets, stack="fraud-staging").digest,
        form_of(plan(), state(), secrets, stack=STACK, action="destroy").digest,
        digest(plan(), key=b"x" * 32),
    }

    assert len(found) == 4


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def of_value(value: Any) -> str:
    """Return the digest of a plan that asks for one value."""
    return digest({"resourcePlans": {f"{BASE}x": planned("create", adds={"data": value})}})


def shuffled(value: Any) -> Any:
    """Return a value with the keys of its objects in another order, and written and read again."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(each) for each in value] if isinstance(value, list) else value


@given(VALUES)
@settings(max_examples=60, deadline=None)
def test_order_of_keys_and_formatting_do_not_count(value: Any) -> None:
    """However the document is written, the digest is that of what it says."""
    assert of_value(value) == of_value(json.loads(json.dumps(shuffled(value), indent=3)))


@given(VALUES, VALUES)
@settings(max_examples=60, deadline=None)
def test_two_values_have_one_digest_only_if_they_are_one(one: Any, other: Any) -> None:
    """Nothing that a program can ask for looks like something else."""
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

    assert (of_value(one) == of_value(other)) is same


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_a_secret_counts_by_its_content_and_is_not_told(one: str, other: str) -> None:
    """Equal contents under two ciphertexts are one secret; neither content nor ciphertext is in the form."""
    document = plan()
    texts = {**TEXTS, "one": json.dumps(f"pre-{one}-post"), "two": json.dumps(f"pre-{other}-post")}
    form = form_of(document, state(), Secrets(KEY, texts), stack=STACK)
    swapped = edited(CHANGES["another secret"])

    assert (digest(document, texts=texts) == digest(swapped, texts=texts)) is (one == other)
    assert f"pre-{one}-post" not in json.dumps(form.as_json(), ensure_ascii=False)


def test_a_plain_value_never_passes_for_a_secret_or_an_unknown_one() -> None:
    """A program that asks for an object with our own markers asks for something else."""
    secret = form_of(plan(), state(), Secrets(KEY, TEXTS), stack=STACK).resources[f"{BASE}secret"]["inputs"]
    forged = edited(lambda plans: plans[f"{BASE}secret"]["goal"]["inputDiff"].update(adds=secret))

    assert digest(forged) != digest(plan())


def test_the_kept_form_has_the_digest_that_is_approved() -> None:
    """Who has the form alone, written and read again, can work the digest out."""
    form = form_of(plan(), state(), Secrets(KEY, TEXTS), stack=STACK)

    assert digest_of(json.loads(json.dumps(form.as_json()))) == form.digest


def test_only_what_is_hashed_is_opened() -> None:
    """The ciphertexts of the plan and of the inputs below it, none twice, and none of what is deleted."""
    assert ciphertexts(plan(), state()) == ["one", "old"]


@pytest.mark.parametrize(
    ("document", "before", "texts", "found"),
    [
        ({}, None, None, "a saved plan without resources"),
        ({"resourcePlans": {f"{BASE}x": {"steps": []}}}, None, None, "no steps"),
        ({"resourcePlans": {f"{BASE}x": {"steps": ["teleport"]}}}, None, None, "'teleport'"),
        ({"resourcePlans": {f"{BASE}x": []}}, None, None, "that is no object"),
        ({"resourcePlans": {f"{BASE}x": planned("update")}}, None, None, "what the state does not have"),
        (plan(), state(), {"one": "1"}, "did not open"),
    ],
)
def test_what_can_not_be_read_has_no_digest(document: Any, before: Any, texts: Any, found: str) -> None:
    """Nothing is guessed: a plan that is not understood can't be approved."""
    with pytest.raises(HeadgateError) as caught:
        digest(document, before, texts)

    assert found in str(caught.value.found)


def test_a_key_that_can_be_guessed_is_refused() -> None:
    """With it, a secret could be found by trying."""
    with pytest.raises(ValueError, match="at least 32"):
        Secrets(b"short", {})
