"""What `headgate policy new` writes is a rule that works: it passes all checks, and its samples have their outcomes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from headgate.plan.view import Operation, View
from headgate.policy import samples
from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.decision import Outcome
from headgate.policy.evaluator import Envelope, judge
from headgate.policy.rego_test import steps
from headgate.policy.server import OpaServer

pytestmark = pytest.mark.component

NEW = (("serving", "never_paused", "object"), ("network", "own_names", "relation"))


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the rules, and add one of each scope by the command."""
    copy = tmp_path_factory.mktemp("rules") / "policies"
    shutil.copytree(CHECKOUT / "policies", copy)
    for category, name, scope in NEW:
        done = headgate("policy", "new", category, name, "--scope", scope, "--policies", str(copy))
        assert done.returncode == 0, done.stderr.decode()
    # Rules of other categories have tests of their own, and take most of the time.
    for folder in (copy / "rego" / "rules").iterdir():
        if folder.is_dir() and folder.name not in {category for category, _, _ in NEW}:
            shutil.rmtree(folder)
    return copy


def headgate(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line."""
    command = [sys.executable, "-m", "headgate.cli.main", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=False)


def test_it_passes_the_test_of_rules_at_once(policies: Path) -> None:
    """Format, types, METADATA, tests, and no line of it that no test reaches."""
    found = {step.name.partition(" (")[0]: step for step in steps(Bundle(policies))}
    lines = found.pop("coverage").detail.splitlines()
    uncovered = [line for line in lines if any(name in line for _, name, _ in NEW)]

    assert len(found) == 5
    assert [(step.name, step.detail) for step in found.values() if not step.ok] == []
    assert all(line.rpartition(":")[2].isdigit() for line in lines), lines
    assert uncovered == []


def test_its_samples_have_their_outcomes_at_each_gate(policies: Path) -> None:
    """In a plan and at an update: one outcome for each."""
    bundle = Bundle(policies)
    added = [rule for rule in bundle.rules if (rule.category, rule.name, rule.scope) in NEW]
    with OpaServer(bundle) as opa:
        found = {
            (rule.name, sample.allowed, gate): {
                result.outcome for result in judge(bundle, view, envelope, opa.ask).results if result.rule == rule
            }
            for rule in added
            for sample in samples.of(bundle, rule)
            for gate, operation in (("P", Operation.CREATE), ("U", Operation.UNKNOWN))
            for view in [View(tuple(replace(each, operation=operation) for each in sample.as_steps()), "sample")]
            for envelope in [Envelope(gate, "apply", "prod")]
        }

    assert found == {
        (name, allowed, gate): {Outcome.PASS if allowed else Outcome.FAIL}
        for _, name, _ in NEW
        for allowed in (True, False)
        for gate in ("P", "U")
    }


def test_what_exists_is_refused_with_what_to_do(policies: Path) -> None:
    """A second rule of the same name would hide the first."""
    done = headgate("policy", "new", *NEW[0][:2], "--policies", str(policies))

    assert (done.returncode, b"there is such a rule already" in done.stderr) == (2, True), done.stderr.decode()
