"""The reports that people read, whole, at the width of a small and of a large terminal: `goldens/` is to be looked at.

`GOLDENS=write` writes them anew.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from decisions import POD, decision, failed, rule, violation

from headgate.plan.view import Operation, Source
from headgate.policy.decision import Outcome, Result, Violation, Waiver
from headgate.policy.level import Level
from headgate.report.formats import FORMATS
from headgate.report.interface import Change, Cost

pytestmark = pytest.mark.unit

GOLDENS = Path(__file__).parent / "goldens"
DIGEST = "0123456789abcdef" * 4
IMAGE = replace(rule("HG-SC-002"), title="Images and models are named by digest", name="digest", severity="critical")
SCORER = replace(POD, kind="Deployment", name="fraud-score-uaenorth", id="apps/v1/Deployment/team-fraud/fraud-score")
BY_TAG = Violation(
    'image "registry.example.com/platform/runtimes/oip-server:2026.03.1-cuda12.4" is not named by digest',
    "spec.template.spec.initContainers[0].image",
    ("spec", "template", "spec", "initContainers", 0, "image"),
    "registry.example.com/platform/runtimes/oip-server:2026.03.1-cuda12.4",
    f"registry.example.com/platform/runtimes/oip-server@sha256:{DIGEST}",
    Source("stacks/Pulumi.fraud-prod.yaml", 41, 7),
)
FEW = Violation(
    "the autoscaler may go down to 1 replica: in prod a model has 2 at least, so that one can be lost",
    "spec.minReplicas",
    ("spec", "minReplicas"),
    1,
    "minReplicas: 2, and `replicas: {min: 2}` of the model in the team's file, which is where it comes from",
    Source("stacks/Pulumi.fraud-prod.yaml", 58, 5),
)
LEAVE = Waiver("hg-sv-004-1", "the vendor's image runs as root until its next release", "FR-12", "2026-03-01", "amina")
SCALING = replace(rule("HG-SV-006"), title="An autoscaler has bounds", name="bounds")
APPROVAL = replace(rule("HG-AP-001"), category="approval", title="Approved by enough people", name="enough_approvals")
MISSING = Violation("the plan has 1 approval of 2", "", (), 1, "a signature of somebody in the role security", None)
MIXED = replace(
    decision(
        failed(IMAGE, BY_TAG),
        replace(failed(SCALING, FEW), resource=SCORER, level=Level.WARN, blocking=False),
        replace(failed(SCALING, violation()), resource=SCORER, outcome=Outcome.UNDETERMINED),
        replace(failed(APPROVAL, MISSING), resource=SCORER),
        replace(failed(SCALING, FEW), resource=SCORER, outcome=Outcome.WAIVED, blocking=False, waiver=LEAVE),
        Result(IMAGE, SCORER, Outcome.PASS),
        rules=(IMAGE, SCALING, APPROVAL),
    ),
    resources=214,
)
CHANGE = Change(
    (
        replace(SCORER, operation=Operation.UPDATE),
        replace(POD, operation=Operation.DELETE, name="old"),
        replace(POD, operation=Operation.CREATE, name="new"),
    ),
    Cost("EUR", after=(1100.0, 2505.5), before=(1000.0, 2300.0), unpriced=2, illustrative=True),
)


@pytest.mark.parametrize("columns", [80, 160])
@pytest.mark.parametrize("form", ["console", "markdown"])
def test_a_report_reads_as_it_was_looked_at(form: str, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Word for word. A comment's lines are its table's rows, whoever wrote it at whatever width."""
    monkeypatch.setenv("COLUMNS", str(columns))
    golden = GOLDENS / ("markdown.md" if form == "markdown" else f"console-{columns}.txt")
    text = FORMATS[form](MIXED, CHANGE)
    if os.environ.get("GOLDENS") == "write":
        golden.write_text(text, encoding="utf-8")

    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("columns", [80, 160])
def test_no_row_of_the_console_is_broken(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is longer than the terminal is one word, which can be copied whole; what begins at its edge is one line."""
    monkeypatch.setenv("COLUMNS", str(columns))
    rows = [line for line in FORMATS["console"](MIXED, CHANGE).splitlines() if line.startswith("    ")]
    wide = [line for line in rows if len(line) > columns]

    assert len(rows) == {80: 16, 160: 15}[columns]
    assert [line.split()[-1] for line in wide if len(line.split()) > 2] == []
    assert BY_TAG.expected in "\n".join(rows)
