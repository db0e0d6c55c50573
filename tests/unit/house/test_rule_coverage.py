"""The table of what the rules were asked to deny says what is there: every rule, samples and tests that exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from headgate.policy.bundle import Bundle

pytestmark = pytest.mark.unit

POLICIES = Path(__file__).resolve().parents[3] / "policies"
TABLE: dict[str, list[dict[str, Any]]] = yaml.safe_load((POLICIES / "coverage.yaml").read_text(encoding="utf-8"))
# Added by the house to what was asked for; their pages say why.
OWN = {"HG-AP-008", "HG-SV-010", "HG-SV-011", "HG-TN-003"}
RULES = {rule.id: rule for rule in Bundle.find(POLICIES).rules}


def is_there(rule: str, by: str) -> bool:
    """Say whether a sample or a test is there."""
    if by.startswith("rego:"):
        place, _, name = by.removeprefix("rego:").rpartition(":")
        own = next(RULES[rule].file.parent.glob("*_test.rego"))
        return f"\n{name} if" in (POLICIES / "rego" / place if place else own).read_text(encoding="utf-8")
    other, _, name = by.rpartition("/")
    folder = RULES[other or rule].file.parent.relative_to(POLICIES / "rego/rules")
    return (POLICIES / "samples" / folder / "disallowed" / f"{name}.yaml").is_file()


def test_every_rule_says_what_it_was_asked_to_deny() -> None:
    """And what the house added is named here."""
    assert TABLE.keys() | OWN == RULES.keys()
    assert TABLE.keys() & OWN == set()


def test_what_shows_that_it_is_denied_is_there() -> None:
    """A sample that is renamed, or a test that goes, shows nothing any more."""
    named = [(rule, by) for rule, phrases in TABLE.items() for each in phrases for by in each["by"]]
    gone = [(rule, by) for rule, by in named if not is_there(rule, by)]

    assert gone == []
    assert all(each["by"] for phrases in TABLE.values() for each in phrases)
