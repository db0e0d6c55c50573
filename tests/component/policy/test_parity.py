"""Every rule, every sample, every gate it claims: one outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from headgate.plan.view import Operation, Resource, View
from headgate.policy.bundle import Bundle
from headgate.policy.decision import Outcome
from headgate.policy.evaluator import Envelope, judge
from headgate.policy.opa import value
from headgate.policy.samples import Sample, of
from headgate.policy.server import OpaServer

pytestmark = pytest.mark.component

BUNDLE = Bundle.find()
NONE = Outcome.NOT_APPLICABLE
SAMPLES = [sample for rule in BUNDLE.rules for sample in of(BUNDLE, rule)]
AT_P = [sample for sample in SAMPLES if sample.is_tried_at("P")]
AT_U = [sample for sample in SAMPLES if sample.is_tried_at("U")]
AT_A = [sample for sample in SAMPLES if sample.is_tried_at("A")]
KUBERNETES = [sample for sample in AT_P if sample.is_manifest]
RULE = re.compile(r"\[(HG-[A-Z]{2}-\d{3})\]")
# What a cluster's gate answers each review with, told of the facts beside it as a signed edition tells them.
REVIEWED = """{name: answer.response |
  some name, case in input.cases
  asked := object.union(case.review, {})
  facts := object.union(case.facts, {})
  answer := data.main.admission.response with input as asked with data.facts as facts with data.environment as "prod"
}"""


@pytest.fixture(scope="module")
def opa() -> Iterator[OpaServer]:
    """One OPA for all samples."""
    with OpaServer(BUNDLE) as server:
        yield server


@pytest.fixture(scope="module")
def reviewed() -> dict[str, Any]:
    """Ask the rules of admission once about every sample, with all of them there, as a signed bundle brings them."""
    cases = {sample.name: {"review": sample.as_review(), "facts": sample.facts} for sample in AT_A}
    answers: dict[str, Any] = value(BUNDLE, REVIEWED, {"cases": cases})
    return answers


def outcome(opa: OpaServer, sample: Sample, resources: list[Resource], gate: str, phase: str = "preview") -> Outcome:
    """Return the outcome of a sample's rule at a gate: a failure of one resource is one of the whole."""
    envelope = Envelope(gate, phase, "prod", approval=sample.approval)
    decision = judge(BUNDLE, View(tuple(resources), "sample"), envelope, opa.ask, sample.facts)
    found = {result.outcome for result in decision.results if result.rule == sample.rule}
    return next((each for each in (Outcome.FAIL, Outcome.UNDETERMINED, Outcome.PASS) if each in found), NONE)


def expected(sample: Sample) -> Outcome:
    """Return what a sample's folder says."""
    return Outcome.PASS if sample.allowed else Outcome.FAIL


@pytest.mark.parametrize("sample", AT_P, ids=lambda sample: sample.name)
def test_a_sample_has_its_outcome_in_a_plan(opa: OpaServer, sample: Sample) -> None:
    """Gate P, from Pulumi's plan."""
    assert outcome(opa, sample, sample.as_steps(), "P") == expected(sample)


@pytest.mark.parametrize("sample", KUBERNETES, ids=lambda sample: sample.name)
def test_a_sample_has_its_outcome_in_a_manifest(opa: OpaServer, sample: Sample) -> None:
    """Gate P, from a file."""
    assert outcome(opa, sample, sample.as_manifest(), "P") == expected(sample)


@pytest.mark.parametrize("sample", AT_U, ids=lambda sample: sample.name)
def test_a_sample_has_its_outcome_at_the_update(opa: OpaServer, sample: Sample) -> None:
    """Gate U, on the inputs that are about to be applied."""
    steps = [replace(step, operation=Operation.UNKNOWN) for step in sample.as_steps()]

    assert outcome(opa, sample, steps, "U", "apply") == expected(sample)


@pytest.mark.parametrize("sample", AT_A, ids=lambda sample: sample.name)
def test_a_sample_has_its_outcome_at_admission(reviewed: dict[str, Any], sample: Sample) -> None:
    """Gate A, as the API server asks: what is denied is denied by the sample's rule."""
    response = reviewed[sample.name]
    denying = set(RULE.findall(response.get("status", {}).get("message", "")))

    assert (sample.rule.id in denying, response["allowed"]) == (not sample.allowed, not denying)
