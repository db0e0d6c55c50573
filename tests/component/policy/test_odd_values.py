"""What no rule expects: values of a sample replaced by ones of another form, judged in one run each."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from headgate.plan.opaque import UNKNOWN, Path
from headgate.plan.pulumi import from_inputs
from headgate.plan.view import Operation, Resource, View
from headgate.policy.bundle import Bundle
from headgate.policy.evaluator import Envelope, judge
from headgate.policy.samples import of
from headgate.policy.server import OpaServer

pytestmark = pytest.mark.component

BUNDLE = Bundle.find()
ODD: tuple[Any, ...] = (None, 7, [1, None, "x", {}], {"a": 1}, UNKNOWN)
# Of a rule with many samples, some stand for all.
SAMPLES = 2
# What a busy machine judges within the time that an answer has.
PART = 50


@pytest.fixture(scope="module")
def opa() -> Iterator[OpaServer]:
    """One OPA for all."""
    with OpaServer(BUNDLE) as server:
        yield server


@pytest.mark.parametrize("rule", BUNDLE.rules, ids=lambda rule: rule.id)
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.stress)], ids=["some", "every"])
def test_no_value_of_another_form_keeps_a_run_from_its_verdict(opa: OpaServer, rule: Any, every: bool) -> None:
    """It is found or it is good, but it never stops the judging of all else with an error of the language."""
    samples = list(of(BUNDLE, rule))
    members = [member for sample in samples[:: max(1, len(samples) // SAMPLES)] for member in sample.members]
    resources = tuple(
        odd
        for number, member in enumerate(members)
        for odd in _oddities(number, member.as_inputs(), member.operation, every)
    )
    gate = rule.gates[0]
    judged = [
        judge(BUNDLE, View(part, "odd"), Envelope(gate, "apply", "prod", rule.scope), opa.ask).resources
        for part in (resources[at : at + PART] for at in range(0, len(resources), PART))
    ]

    assert sum(judged) == len(resources)


def _oddities(
    number: int, given: tuple[str, str, dict[str, Any]], operation: Operation, every: bool
) -> Iterator[Resource]:
    """Yield what has one value of another form: of every form at each place, or of one, another at each place."""
    urn, token, inputs = given
    for place, path in enumerate(_paths(inputs)):
        for form, odd in enumerate(ODD):
            if not every and form != place % len(ODD):
                continue
            changed = copy.deepcopy(inputs)
            holder: Any = changed
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = odd
            yield from_inputs(f"{urn}-{number}-{place}-{form}", token, changed, operation)


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _paths(child, (*path, key))
