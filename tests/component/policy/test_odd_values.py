"""Whatever stands in a resource where a rule looks, no rule fails over it: a gate would have no verdict on anything.

Every place of every sample is given values of every type, and texts of forms that a rule may take apart.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headgate.plan.view import View
from headgate.policy import opa
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.samples import Sample, of

pytestmark = pytest.mark.component

BUNDLE = Bundle.find(CHECKOUT / "policies")
ODD: tuple[Any, ...] = (
    *(None, True, 7, -1.5, [], [7], [None], ["x"], {}, {"x": 7}, {"$unknown": True}),
    *("", "x", "9", "-9", "9x", "9%", "1e9", "{", "a:b:c", "::", "$", "P", "x.y.z/", "10.0.0.0/x", "\0\u00e9"),
    "2026-13-45T99:99:99Z",
)
# One question for all: the rule that a sample is of, asked as the decision asks it.
ASKED = """package odd

asked(case) := data.main._relation_input if case.rule.scope == "relation"

asked(case) := data.main._rule_input(input.resources[case.member]) if case.rule.scope == "object"

answers contains [case.rule.scope, is_set(found)] if {
	some case in input.cases
	run := object.union(case.run, {})
	given := asked(case) with input as run
	rule := object.union(case.rule, {})
	found := data.rules[rule.category][rule.name].violation with input as object.union(given, {})
}
"""
Place = tuple[str | int, ...]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Return the path of everything in a value, but its own."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*at, key)
        yield from places(item, (*at, key))


def changed(value: Any, place: Place, odd: Any) -> Any:
    """Return a value with something else in one place."""
    if not place:
        return odd
    copy = value.copy()
    copy[place[0]] = changed(value[place[0]], place[1:], odd)
    return copy


def cases(chosen: Iterator[Any], per_place: int) -> Iterator[dict[str, Any]]:
    """Return the questions: each place of each member of each sample, with so many of the odd values."""
    for sample in (sample for rule in BUNDLE.rules for sample in of(BUNDLE, rule)):
        steps = sample.as_steps()
        for member, step in enumerate(steps):
            for place in places(step.properties):
                for odd in itertools.islice(chosen, per_place):
                    other = replace(step, properties=changed(step.properties, place, odd))
                    view = View((*steps[:member], other, *steps[member + 1 :]), "odd")
                    yield {"rule": named(sample), "member": member, "run": run(sample, view)}


def named(sample: Sample) -> dict[str, str]:
    """Return where a sample's rule is."""
    return {"category": sample.rule.category, "name": sample.rule.name, "scope": sample.rule.scope}


def run(sample: Sample, view: View) -> dict[str, Any]:
    """Return the document that a gate would ask about."""
    known = {"facts": sample.facts or None, "approval": sample.approval}
    told = {key: value for key, value in known.items() if value is not None}
    return {"gate": "P", "phase": "preview", "environment": "prod", "resources": view.as_json(), **told}


def failures(folder: Path, questions: list[dict[str, Any]]) -> set[str]:
    """Ask, and return every error of a built-in."""
    opa.write(BUNDLE, folder)
    (folder / "odd.rego").write_text(ASKED)
    command = [str(opa.executable()), "eval", "--format", "json", "--stdin-input", "--show-builtin-errors"]
    done = subprocess.run(
        [*command, "--bundle", str(folder), "data.odd.answers"],
        input=json.dumps({"cases": questions}).encode(),
        capture_output=True,
        check=False,
    )
    answer = json.loads(done.stdout)
    errors = {opa.told(each) for each in answer.get("errors", [])}
    # Where nothing failed, every rule that was asked gave a set.
    asked = {each["rule"]["scope"] for each in questions}
    assert errors or answer["result"][0]["expressions"][0]["value"] == sorted([scope, True] for scope in asked)
    return errors


def test_no_rule_fails_over_a_value_that_nobody_expected(tmp_path: Path) -> None:
    """Three odd values in each place, others in the next: over all samples of a rule they meet."""
    questions = list(cases(itertools.cycle(ODD), 3))

    assert len(questions) > len(ODD) * len(BUNDLE.rules)
    assert failures(tmp_path, questions) == set()


@pytest.mark.stress
def test_no_rule_fails_over_any_of_them_in_any_place(tmp_path: Path) -> None:
    """All of them in each place, some thousand at a time."""
    all_of_them = cases(itertools.cycle(ODD), len(ODD))
    found: set[str] = set()
    for number, questions in enumerate(iter(lambda: list(itertools.islice(all_of_them, 20_000)), [])):
        found |= failures(tmp_path / str(number), questions)

    assert found == set()
