"""What `headgate policy test` finds in Rego whose own tests pass."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from headgate.policy.bundle import CHECKOUT, Bundle
from headgate.policy.rego_test import steps

pytestmark = pytest.mark.component

# At a gate there is no verdict then; `opa test` takes it for false.
NUMBER = """
test_a_number_begins_with_nothing if {
	not startswith(input.a, "x") with input as {"a": 5}
}
"""


def test_a_built_in_that_fails_in_a_test_is_found(tmp_path: Path) -> None:
    """With its file and line; all else is as it was."""
    policies = tmp_path / "policies"
    shutil.copytree(CHECKOUT / "policies", policies)
    for folder in (policies / "rego" / "rules").iterdir():
        if folder.is_dir() and folder.name != "cost":
            shutil.rmtree(folder)
    tests = policies / "rego" / "lib" / "times_test.rego"
    row = len(tests.read_text().splitlines()) + 3
    tests.write_text(tests.read_text() + NUMBER)
    found = {step.name.partition(" (")[0]: step for step in steps(Bundle(policies))}
    failed = found.pop("no built-in that fails in a test")

    assert (failed.ok, f"{tests}:{row}: startswith: operand 1 must be string" in failed.detail) == (False, True), failed
    assert found["tests"].ok, found["tests"].detail
