"""What is changed between the approvals and the update, with the real engine: nothing of it is applied."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from headgate.cli import protected_run

from .conftest import STACK, Protected

pytestmark = pytest.mark.component

A, B, C = (f"urn:pulumi:{STACK}::headgate::kubernetes:core/v1:ConfigMap::{name}" for name in "abc")
WANTED = {"a": "secret of 1", "b": "1"}
# What is asked for in place of what was approved, or with a variable; and what is said of it.
ATTACKS: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "a secret swapped": ({**WANTED, "a": "secret of 2"}, {}, f"other: {A} (another secret at inputs.data.value)"),
    "an update made a replacement": (
        WANTED,
        {"PULUMI_OPTION_REPLACE": A},
        f"other: {A} (approved was update, now it is ",
    ),
    "a deletion added": ({"a": WANTED["a"]}, {}, f"other: {B} (approved was same, now it is delete)"),
    "a resource added": ({**WANTED, "c": "1"}, {}, f"new: {C}"),
}


@pytest.fixture
def agreed(standing_protected: Protected) -> Protected:
    """Have two people approve a plan: an update of one resource, to a secret."""
    standing_protected.trial.want(**WANTED)
    standing_protected.run("plan", "-s", STACK)
    standing_protected.approve("amina")
    standing_protected.approve("badr")
    return standing_protected


def written(protected: Protected) -> dict[str, str]:
    """Return what the provider has written, by file."""
    return {path.name: path.read_text() for path in protected.trial.objects.glob("*.json")}


def test_what_is_changed_after_the_approvals_is_not_applied(agreed: Protected, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the approved tree, beside approvals that count: each other plan needs its own, and is told by what is other.

    A plan that is edited as it is handed to the engine, and a part of it alone, end at the stack's own resource: as far
    as that gets what was approved alone.
    """
    before, found = written(agreed), {}
    for attack, (wanted, variables, _) in ATTACKS.items():
        agreed.trial.want(**wanted)
        with monkeypatch.context() as shell:
            for name, value in variables.items():
                shell.setenv(name, value)
            found[attack] = agreed.run("up", "-s", STACK)
    agreed.trial.want(**WANTED)
    with handed_over(edited):
        edited_plan = refused(agreed)
    with handed_over(lambda options: (*options, "--target", B)):
        part = refused(agreed)

    assert {attack: code for attack, (code, _) in found.items()} == dict.fromkeys(ATTACKS, 3)
    assert [said for attack, (*_, said) in ATTACKS.items() if said not in str(found[attack][1].found)] == []
    told = "the receipt is not for this update: the "
    assert told + "file of the plan was edited after it was compared with what was approved" in edited_plan
    assert told + "engine was given `--target`: it applies a part of the plan alone" in part
    assert written(agreed) == before


@pytest.mark.stress
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--replace", B), "`--replace`: it replaces resources that nobody approved to replace"),
        (("--target", B, "--target-dependents"), "`--target-dependents`: it takes in what depends on a target"),
        (("--exclude", B), "`--exclude`: it leaves out resources that the plan has"),
        (("--ignore-protect",), "`--ignore-protect`: it deletes and replaces what is protected"),
    ],
)
def test_each_option_beside_an_approved_plan_is_refused_in_its_own_words(
    agreed: Protected, options: tuple[str, ...], said: str
) -> None:
    """With the receipt of that plan, as a wrapper of the engine would add it."""
    before = written(agreed)
    with handed_over(lambda given: (*given, *options)):
        found = refused(agreed)

    assert f"the receipt is not for this update: the engine was given {said}" in found
    assert written(agreed) == before


def refused(protected: Protected) -> str:
    """Run an update that the pack refuses; return what is said of it."""
    code, error = protected.run("up", "-s", STACK)
    assert (code, error.what) == (1, "the update was refused by policy")
    return str(error)


@contextmanager
def handed_over(change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Iterator[None]:
    """Change what the engine is handed at the last moment, when the receipt is written: plan file and options."""
    held: Any = protected_run._held
    with pytest.MonkeyPatch.context() as engine:
        engine.setattr(protected_run, "_held", lambda *given: change(held(*given)))
        yield


def edited(options: tuple[str, ...]) -> tuple[str, ...]:
    """Take a resource out of the plan's file."""
    file = Path(options[1])
    plan = json.loads(file.read_text())
    del plan["resourcePlans"][B]
    file.write_text(json.dumps(plan))
    return options
