"""Controls of other documents: what the file names is there, and the report tells of it."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from headgate.audit import Entry, record
from headgate.cli.main import cli
from headgate.errors import HeadgateError
from headgate.evidence.entries import KINDS
from headgate.evidence.mapping import Served, read
from headgate.policy.bundle import CHECKOUT, Bundle

pytestmark = pytest.mark.unit
POLICIES = CHECKOUT / "policies"
CONTROLS = [each for document in read(POLICIES) for each in document.controls]


def exists(command: str) -> bool:
    """Say whether the command line has a command."""
    found: click.Command | None = cli
    for word in command.split()[1:]:
        found = found.get_command(click.Context(found), word) if isinstance(found, click.Group) else None
    return found is not None


def test_what_serves_a_control_is_there() -> None:
    """Each rule is in the catalogue, each command can be typed, each kind is written; no control is there twice."""
    rules = {rule.id for rule in Bundle.find(POLICIES).rules}
    kinds = {*KINDS, "admission", "kubernetes"}

    assert {rule for each in CONTROLS for rule in each.rules} - rules == set()
    assert [command for each in CONTROLS for command in each.commands if not exists(command)] == []
    assert {kind for each in CONTROLS for kind in each.evidence} - kinds == set()
    assert len({each.id for each in CONTROLS}) == len(CONTROLS)


def test_every_control_is_of_a_document() -> None:
    """And every document has one."""
    for document in read(POLICIES):
        assert {each.id.partition(".")[0] for each in document.controls} == set(document.documents)


@pytest.mark.parametrize("serves", [{}, {"rules": ("HG-SC-001",), "outside": "why"}])
def test_a_control_that_nothing_serves_says_why(serves: dict[str, object]) -> None:
    """Never is one left out silently."""
    with pytest.raises(ValueError, match=r"OM\.X"):
        Served(id="OM.X", about="x", **serves)


def test_a_file_that_can_t_be_read_is_named(tmp_path: Path) -> None:
    """With the place in it; no rules without controls either."""
    (tmp_path / "controls").mkdir()
    (tmp_path / "controls" / "x.yaml").write_text("title: x\ndocuments: {}\ncontrols: [{id: OM.A}]\n")

    with pytest.raises(HeadgateError, match="the controls can't be read") as error:
        read(tmp_path)

    assert "controls.0.about" in str(error.value.found)
    assert read(tmp_path / "controls") == ()


def test_the_report_answers_for_a_control_of_a_document(tmp_path: Path) -> None:
    """How often its rules were judged, and how many entries of its kinds there are; the bundle verifies."""
    ledger, bundle = tmp_path / "l", tmp_path / "b.json"
    decision = {"verdict": "pass", "stack": "fraud-prod", "rules": ["HG-SV-003"], "results": []}
    record(ledger, [Entry("decision", "fraud-prod", decision), Entry("deployment", "fraud-prod", {"digests": []})])
    asked = ["audit", "report", "--ledger", str(ledger), "--control", "OM.A.3", "--bundle", str(bundle)]
    told = CliRunner().invoke(cli, asked, catch_exceptions=False).output
    data = json.loads(CliRunner().invoke(cli, [*asked[:-2], "--json"], catch_exceptions=False).output)
    checked = CliRunner().invoke(cli, ["audit", "verify", "--bundle", str(bundle), "--key", str(ledger / "key.pub")])

    assert [(row["control"], row["decisions"], row["violated"]) for row in data["controls"]] == [("OM.A.3", 1, 0)]
    assert [(row["id"], row["evidence"]) for row in data["mapped"]] == [
        ("OM.A.3", {"deployment": 1, "operations": 0, "approval": 0})
    ]
    assert "OM.A.3  Rollouts that scale" in told
    assert checked.exit_code == 0
