"""What an update did to each resource is recorded, however it ends, and shown by the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from headgate.audit import Entry, LedgerReader, record
from headgate.cli.deployments import watched
from headgate.cli.main import cli
from headgate.engine.steps import Steps
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit
STACK = "fraud-prod"
BASE = f"urn:pulumi:{STACK}::headgate::kubernetes:core/v1:ConfigMap::"


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the ledger that this shell records in."""
    monkeypatch.setenv("HEADGATE_LEDGER", str(tmp_path / "ledger"))
    return tmp_path / "ledger"


def done(steps: Steps, count: int, end: str = "resOutputsEvent") -> None:
    """Have as many resources made."""
    for number in range(count):
        metadata = {"urn": f"{BASE}{number:05}-{'n' * 60}", "op": "create"}
        steps.see({"resourcePreEvent": {"metadata": metadata}})
        steps.see({end: {"metadata": metadata}})


def fail(stack: str, action: str, error: BaseException) -> None:
    """Have one resource fail, and the update end with an error."""
    with watched(stack, action) as steps:
        steps.about = {"plan": "sha256:1"}
        done(steps, 1, "resOpFailedEvent")
        raise error


def entries(ledger: Path) -> list[tuple[bytes, dict[str, Any]]]:
    """Return all entries, as they are stored and as they are read."""
    reader = LedgerReader(ledger)
    return [(entry, reader.document(entry)) for _, entry in reader.entries()]


def test_ten_thousand_resources_are_entries_of_a_few_hundred_bytes(ledger: Path) -> None:
    """Each part's rows are a payload of its own, well under what a gate may send at once."""
    with watched(STACK) as steps:
        done(steps, 10_000)
    found = entries(ledger)

    assert [(each["data"]["part"], len(each["data"]["resources"])) for _, each in found] == [
        (number, 500) for number in range(1, 21)
    ]
    assert max(len(entry) for entry, _ in found) < 500
    assert max(len(json.dumps(each)) for _, each in found) < 150_000
    assert found[0][1]["data"]["counts"] == {"succeeded": 10_000, "unchanged": 0}


@pytest.mark.parametrize(("error", "result"), [(HeadgateError("x"), "failed"), (KeyboardInterrupt(), "interrupted")])
def test_an_update_that_failed_is_recorded_too(ledger: Path, error: BaseException, result: str) -> None:
    """With the plan that it was by; and its own error is what the command ends with."""
    with pytest.raises(type(error)):
        fail(STACK, "destroy", error)
    ((_, found),) = entries(ledger)

    assert (found["kind"], found["subject"]) == ("operations", STACK)
    assert found["data"] == {
        "stack": STACK,
        "action": "destroy",
        "result": result,
        "plan": "sha256:1",
        "counts": {"failed": 1, "unchanged": 0},
        "part": 1,
        "parts": 1,
        "resources": [{"urn": f"{BASE}00000-{'n' * 60}", "operation": "create", "result": "failed"}],
    }


def test_an_engine_that_was_not_asked_leaves_no_entry(ledger: Path) -> None:
    """Approvals that are missing are no update."""
    with pytest.raises(HeadgateError), watched(STACK):
        raise HeadgateError("approvals are missing")

    assert not ledger.exists()


def test_the_report_shows_what_was_done_to_each_resource(ledger: Path, tmp_path: Path) -> None:
    """Of a deployment, and of an update that none followed; as text, as a page, and in a bundle that verifies."""
    with watched(STACK) as steps:
        done(steps, 2)
    record(ledger, [Entry(kind="deployment", subject=STACK, data={"digests": []})])
    with pytest.raises(HeadgateError):
        fail(STACK, "update", HeadgateError("it failed"))
    page, bundle = tmp_path / "r.html", tmp_path / "b.json"
    options = ["audit", "report", "--ledger", str(ledger), "--stack", STACK]
    data = json.loads(CliRunner().invoke(cli, [*options, "--json"], catch_exceptions=False).output)
    text = CliRunner().invoke(cli, [*options, "--html", str(page), "--bundle", str(bundle)], catch_exceptions=False)
    checked = CliRunner().invoke(
        cli, ["audit", "verify", "--bundle", str(bundle), "--key", str(ledger / "key.pub")], catch_exceptions=False
    )

    (deployment,) = data["deployments"]
    (operations,) = deployment["operations"]
    assert [each["result"] for each in operations["resources"]] == ["succeeded", "succeeded"]
    assert [each["counts"] for each in data["not_finished"]] == [{"failed": 1, "unchanged": 0}]
    assert "resources  update of fraud-prod succeeded: 2 succeeded, 0 unchanged (entry 0)" in text.output
    assert "failed  create 00000-" in text.output
    assert "00001-" in page.read_text()
    assert checked.exit_code == 0
