"""Every rule, every sample, every gate it claims: one outcome."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from headgate.plan.view import Operation, Resource, View
from headgate.policy.bundle import Bundle
from headgate.policy.decision import Outcome
from headgate.policy.evaluator import Envelope, judge
from headgate.policy.samples import Sample, of
from headgate.policy.server import OpaServer

pytestmark = pytest.mark.component

BUNDLE = Bundle.find()
NONE = Outcome.NOT_APPLICABLE
SAMPLES = [sample for rule in BUNDLE.rules for sample in of(BUNDLE, rule)]
AT_P = [sample for sample in SAMPLES if "P" in sample.rule.gates]
AT_U = [sample for sample in SAMPLES if "U" in sample.rule.gates and sample.is_asked_for]
KUBERNETES = [sample for sample in AT_P if sample.is_manifest]


@pytest.fixture(scope="module")
def opa() -> Iterator[OpaServer]:
    """One OPA for all samples."""
    with OpaServer(BUNDLE) as server:
        yield server


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


def test_every_rule_has_samples_of_both_kinds() -> None:
    """A rule without samples would be tested by nothing."""
    kinds = {(sample.rule.id, sample.allowed) for sample in SAMPLES}

    assert kinds == {(rule.id, allowed) for rule in BUNDLE.rules for allowed in (True, False)}
