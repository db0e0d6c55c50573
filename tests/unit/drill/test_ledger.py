"""A drill in a ledger: its entries, what they count for, and whether any was lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from headgate.audit import Entry, Ledger
from headgate.audit.canonical import parse
from headgate.audit.reader import LedgerReader
from headgate.drill import ledger as recording
from headgate.errors import HeadgateError
from headgate.gate.history import history

pytestmark = pytest.mark.unit
STACK = "platform-sandbox"


def entries(ledger: Path) -> list[tuple[str, str, object]]:
    """Return kind, subject and result of each entry."""
    documents = [parse(entry) for _, entry in LedgerReader(ledger).entries()]
    return [(each["kind"], each["subject"], each["data"]["result"]) for each in documents]


@pytest.mark.parametrize(("succeeded", "result"), [(True, "succeeded"), (False, "failed")])
def test_a_drill_is_two_entries_and_counts_when_it_succeeded(tmp_path: Path, succeeded: bool, result: str) -> None:
    """That it began, for who sees traffic fail over; how it ended, for the gates."""
    begun = recording.begin(tmp_path, STACK, {"region": "uaenorth"})
    recording.end(tmp_path, STACK, succeeded, {"region": "uaenorth"})

    assert entries(tmp_path) == [("drill", STACK, "began"), ("drill", STACK, result)]
    assert begun.lost() == (0, "")
    assert bool(history(tmp_path, [STACK])["stacks"].get(STACK, {}).get("drilled")) is succeeded


def test_entries_that_are_gone_are_counted(tmp_path: Path) -> None:
    """A ledger that was set back to a copy has lost what came after it."""
    ledger = tmp_path / "ledger"
    with Ledger(ledger) as written:
        written.append_documents([Entry("drill", STACK, {}).as_json()])
    shutil.copytree(ledger, tmp_path / "copy")
    with Ledger(ledger) as written:
        written.append_documents([Entry("drill", STACK, {}).as_json() for _ in range(3)])
    begun = recording.begin(ledger, STACK, {})
    shutil.rmtree(ledger)
    (tmp_path / "copy").rename(ledger)

    assert begun.lost() == (4, "the ledger was set back")


def test_another_ledger_in_its_place_is_no_ledger_without_loss(tmp_path: Path) -> None:
    """As long as the one before, and of other entries."""
    begun = recording.begin(tmp_path / "ledger", STACK, {})
    shutil.rmtree(tmp_path / "ledger")
    recording.begin(tmp_path / "ledger", STACK, {})

    lost, wrong = begun.lost()
    assert (lost, bool(wrong)) == (None, True)


def test_a_ledger_that_does_not_acknowledge_at_once_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits in a spool may never come: nothing is taken out of service for that."""
    monkeypatch.setattr(recording, "record", lambda *_: range(0))

    with pytest.raises(HeadgateError, match="a drill could not be recorded"):
        recording.begin(tmp_path, STACK, {})
