"""The rules as Gatekeeper takes them: gator says of each sample, word by word, what our own gate says of it."""

from __future__ import annotations

import copy
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from headgate.policy import gatekeeper, opa
from headgate.policy.bundle import Bundle
from headgate.sandbox.toolchain import tool_path

pytestmark = pytest.mark.component

BUNDLE = Bundle.find()
RULES, _ = gatekeeper.told(BUNDLE, "prod")
REVIEWS = {
    f"{each.rule.id}/{'allowed' if sample.allowed else 'disallowed'}-{sample.file.stem}": (each, sample)
    for each in RULES
    for sample in each.cases()
}
# What gate A decides on each review, and in which words.
OURS = """{name: {"errors": decided.errors, "said": said} |
  some name, review in input.reviews
  asked := {"request": review.request}
  resource := data.lib.review.resource with input as asked
  run := {"gate": "A", "phase": "apply", "environment": "prod", "resources": [resource]}
  decided := data.main.decision with input as run
  said := [line |
    some result in decided.results
    result.rule == split(name, "/")[0]
    some violation in result.violations
    line := data.lib.review.line(result.rule, violation) with input as asked
  ]
}"""


@pytest.fixture(scope="module")
def said() -> dict[str, list[str]]:
    """Ask OPA once about every review, by the rules as our own gate has them."""
    reviews = {name: sample.as_review() for name, (_, sample) in REVIEWS.items()}
    answers = opa.value(BUNDLE, OURS, {"reviews": reviews})

    assert {name: answer["errors"] for name, answer in answers.items() if answer["errors"]} == {}
    return {name: answer["said"] for name, answer in answers.items()}


def exactly(lines: list[str]) -> list[dict[str, Any]]:
    """Return what gator is to find: these lines, each as often, and no other."""
    each = [{"violations": n, "message": f"^{re.escape(line)}$"} for line, n in sorted(Counter(lines).items())]
    return [{"violations": len(lines)}, *each]


def test_a_sample_is_judged_by_its_rule_as_its_folder_says(said: dict[str, list[str]]) -> None:
    """What the suite asks of gator is what our gate decides, but where neither is asked."""
    minded = {name: each.minds(sample) for name, (each, sample) in REVIEWS.items()}
    exempt = {name for name, (_, sample) in REVIEWS.items() if not sample.allowed and not minded[name]}

    assert len(REVIEWS) > 100
    assert {name: bool(lines) for name, lines in said.items() if name not in exempt} == {
        name: minds for name, minds in minded.items() if name not in exempt
    }


@pytest.mark.parametrize(
    "most", [1, pytest.param(1000, marks=pytest.mark.stress)], ids=["one of each kind", "every sample"]
)
def test_gator_says_what_our_gate_says(tmp_path: Path, said: dict[str, list[str]], most: int) -> None:
    """The same violations in the same words; a constraint that lost its parameters, or an audit, lets nothing pass."""
    files = gatekeeper.files(RULES)
    suite = yaml.safe_load(files[gatekeeper.SUITE])
    for test in suite["tests"]:
        test["cases"] = [*_some(test, "allowed", most), *_some(test, "disallowed", most)]
        for case in test["cases"]:
            name = f"{test['name']}/{case['name']}"
            each, sample = REVIEWS[name]
            asked = sample.allowed or each.minds(sample)
            case["assertions"] += exactly(said[name] if asked else [])
    suite["tests"] += [_without_parameters(files, suite), _as_the_audit_asks(files, said)]
    gatekeeper.write(tmp_path, {**files, gatekeeper.SUITE: yaml.safe_dump(suite)})

    done = subprocess.run(
        [str(tool_path("gator")), "verify", str(tmp_path)], capture_output=True, text=True, timeout=300, check=False
    )

    assert (done.returncode, "PASS" in done.stdout) == (0, True), done.stdout + done.stderr


def _some(test: dict[str, Any], verdict: str, most: int) -> list[dict[str, Any]]:
    return [case for case in test["cases"] if case["name"].startswith(f"{verdict}-")][:most]


def _without_parameters(files: dict[str, str], suite: dict[str, Any]) -> dict[str, Any]:
    """Return a test in which somebody took the parameters away: what was allowed is denied."""
    test = copy.deepcopy(next(test for test in suite["tests"] if test["name"] == "HG-SC-001"))
    constraint = yaml.safe_load(files[test["constraint"]])
    del constraint["spec"]["parameters"]
    files["without.yaml"] = yaml.safe_dump(constraint)
    case = next(case for case in test["cases"] if case["name"].startswith("allowed"))
    said = r"^\[HG-SC-001\] the constraint's parameters do not fit the rule: nothing is let through$"
    case["assertions"] = [{"violations": 1, "message": said}]
    return {**test, "name": "without parameters", "constraint": "without.yaml", "cases": [case]}


def _as_the_audit_asks(files: dict[str, str], said: dict[str, list[str]]) -> dict[str, Any]:
    """Return a test of an object that is there already: no review, and nothing that is done to it."""
    name = next(name for name, (each, sample) in REVIEWS.items() if each.rule.id == "HG-SC-001" and not sample.allowed)
    _, sample = REVIEWS[name]
    files["object.yaml"] = yaml.safe_dump(sample.members[0].document)
    return {
        "name": "audit",
        "template": "HG-SC-001/template.yaml",
        "constraint": "HG-SC-001/constraint.yaml",
        "cases": [{"name": "as it is", "object": "object.yaml", "assertions": exactly(said[name])}],
    }
