"""What was wrong before a change blocks it no more; what the change makes worse does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from decisions import decision, failed, rule, violation

from headgate.errors import Exit, HeadgateError
from headgate.gate.baseline import Baseline
from headgate.policy.decision import Decision, Outcome, Waiver
from headgate.report.formats import FORMATS
from headgate.report.interface import NO_CHANGE, verdict

pytestmark = pytest.mark.unit

OLD = decision(failed())


def marks(given: Decision) -> list[tuple[list[bool], bool]]:
    """Return which violations are known, and what blocks, result by result."""
    return [([item.known for item in each.violations], each.blocking) for each in given.results]


def test_what_was_there_before_is_marked_and_lets_the_change_through() -> None:
    """Over moved lines; it stays in the decision, which says what it was compared with."""
    moved = decision(failed(None, violation(line=30)))
    after = Baseline.of(OLD, "main").mark(moved)

    assert (marks(after), after.exit_code, after.baseline, verdict(after)) == (
        [([True], False)],
        Exit.WELL,
        "main",
        "let through: 1 resource by 1 rule, 1 known before",
    )


def test_what_is_new_blocks_beside_what_is_known() -> None:
    """Another value is another violation, and a second one of a kind is one more."""
    worse = decision(failed(None, violation(), violation("worse"), violation()))

    assert marks(Baseline.of(OLD, "main").mark(worse)) == [([True, False, False], True)]


def test_a_missing_approval_is_never_known() -> None:
    """Each change needs its own."""
    missing = decision(failed(rule("HG-AP-001")))

    assert Baseline.of(missing, "main").mark(missing).exit_code == Exit.APPROVALS_MISSING


def test_what_was_waived_is_not_known() -> None:
    """When its waiver has ended, it blocks."""
    waived = replace(
        failed(), outcome=Outcome.WAIVED, blocking=False, waiver=Waiver("w", "why", "T-1", "2026-01-01", "amina")
    )

    assert marks(Baseline.of(decision(waived), "main").mark(OLD)) == [([False], True)]


def test_a_report_is_read_as_the_decision_that_it_is_of(tmp_path: Path) -> None:
    """What `--format json` wrote on the target branch."""
    file = tmp_path / "base.json"
    file.write_text(FORMATS["json"](OLD, NO_CHANGE))

    assert Baseline.read(file, "prod", "fraud-prod") == Baseline(str(file), Baseline.of(OLD, "main").known)


@pytest.mark.parametrize(
    "report",
    [
        "",
        "[]",
        "{}",
        '{"environment": "prod", "stack": "fraud-prod"}',
        json.dumps({**OLD.as_json(), "environment": "dev"}),
        json.dumps({**OLD.as_json(), "stack": "vision-prod"}),
        json.dumps({**OLD.as_json(), "results": [{"outcome": "fail", "violations": [{"fingerprint": 1}]}]}),
    ],
    ids=["empty", "list", "object", "no-results", "environment", "stack", "fingerprint"],
)
def test_a_report_that_does_not_fit_is_an_error(tmp_path: Path, report: str) -> None:
    """It would forgive what it knows nothing of, or nothing at all."""
    file = tmp_path / "base.json"
    file.write_text(report)

    with pytest.raises(HeadgateError, match="nothing was judged"):
        Baseline.read(file, "prod", "fraud-prod")
