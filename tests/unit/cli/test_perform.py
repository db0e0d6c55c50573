"""What is read before a destroy or refresh is signed, and what follows where the engine did something else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from approving import SUBJECT
from click.testing import CliRunner

from headgate.approval.store import PlanRecord
from headgate.audit import LedgerReader
from headgate.cli import approval_path, deployments, protected_run
from headgate.cli.approval_screen import lines
from headgate.cli.main import cli
from headgate.cli.protected_run import Done
from headgate.engine.projects import Project
from headgate.engine.update import Update
from headgate.errors import HeadgateError
from headgate.policy.bundle import CHECKOUT, Bundle

pytestmark = pytest.mark.unit

BASE = "urn:pulumi:fraud-prod::headgate::kubernetes:core/v1:ConfigMap::"
DRIFT = {
    "operations": ["update"],
    "ids": ["default/b"],
    "drift": {"data": {"was": {"value": "1"}, "is": {"value": "9"}}},
}
TAKEN = {"operations": ["import"], "ids": ["default/c"], "type": "kubernetes:core/v1:ConfigMap"}


def record(action: str, **resources: Any) -> PlanRecord:
    """Return a plan of these resources."""
    form = {"state": "sha256:s", "resources": {f"{BASE}{name}": each for name, each in resources.items()}}
    return PlanRecord(replace(SUBJECT, action=action), form, made="now", actor="dina", commit="0" * 40)


def test_drift_and_ids_are_shown_to_who_signs() -> None:
    """What is taken over is to be read, with the state for which it counts."""
    found = list(lines(record("refresh", b=DRIFT, c=TAKEN), None))

    assert found[1] == "stack     fraud-prod, refresh, made now by dina"
    assert found[-5:] == [
        "changes   2 of 2 resources",
        "  update kubernetes:core/v1:ConfigMap b",
        '      data: {"value": "1"} is now {"value": "9"}',
        "  import kubernetes:core/v1:ConfigMap c (default/c)",
        "state     sha256:s: once it moves, this is another refresh",
    ]


def test_an_engine_that_did_something_else_raises_an_alert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done is recorded all the same, and the command ends as after a violation."""
    recorded: list[Any] = []
    bundle = Bundle.find(CHECKOUT / "policies")
    path = SimpleNamespace(rules=SimpleNamespace(bundle=bundle), project=Project(tmp_path, "headgate", tmp_path))

    class Lent:
        def __enter__(self) -> Any:
            return path

        def __exit__(self, *_error: object) -> None:
            """Nothing was opened."""

    done = Done(Update("fraud-prod", {"delete": 2}, 1), record("destroy"), "new: urn:c")
    monkeypatch.setattr(approval_path, "protected_path", lambda *_arguments: Lent())
    monkeypatch.setattr(protected_run, "protected_run", lambda *_arguments, **_more: done)
    monkeypatch.setattr(deployments, "record_deployment", lambda *arguments: recorded.append(arguments))
    monkeypatch.setenv("HEADGATE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HEADGATE_LEDGER", str(tmp_path / "ledger"))

    result = CliRunner().invoke(cli, ["destroy", "-s", "fraud-prod", "--yes"], standalone_mode=False)

    assert isinstance(result.exception, HeadgateError)
    assert (result.exception.found, int(result.exception.exit_code)) == ("new: urn:c", 1)
    assert [(call[0], call[2], call[4]) for call in recorded] == [("fraud-prod", {"delete": 2}, "destroy")]
    (entry,) = [json.loads(content) for _, content in LedgerReader(tmp_path / "ledger").entries()]
    said = {"alert": "not-as-approved", "action": "destroy", "found": "new: urn:c"}
    assert (entry["kind"], entry["subject"], entry["data"]) == ("alert", "fraud-prod", said)
