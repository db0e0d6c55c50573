"""Verification while a writer is at work: at no instant does a sound ledger look spoiled, and a spoiled one sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.audit import Ledger, verify, wal, writer
from headgate.audit.folder import Folder
from headgate.audit.recount import Finding, Recount
from headgate.audit.tree_heads import Heads

pytestmark = pytest.mark.unit


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return an open ledger with two signed tree heads, whose right edge is a partial tile."""
    with Ledger(tmp_path / "l") as opened:
        grow(opened, 100)
        grow(opened, 130)
        yield opened


def grow(ledger: Ledger, count: int) -> None:
    """Append entries and sign a tree head over them."""
    document = {"kind": "plan", "time": "2026-01-01T00:00:00Z", "actor": "a", "subject": "s"}
    ledger.append_documents([{**document, "data": ledger.size + number} for number in range(count)])
    ledger.publish()


def around(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, act: Callable[[], None]) -> None:
    """Do something before and after each call of a function, but for the calls that it makes itself."""
    real = getattr(owner, name)
    is_acting = False

    def once() -> None:
        nonlocal is_acting
        if not is_acting:
            is_acting = True
            act()
            is_acting = False

    def call(*arguments: Any, **named: Any) -> Any:
        once()
        result = real(*arguments, **named)
        once()
        return result

    monkeypatch.setattr(owner, name, call)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (writer, "write_new"),
        (writer, "flush_folders"),
        (Folder, "keep_checkpoint"),
        (wal.WriteAheadFile, "commit"),
        (wal.WriteAheadFile, "clear"),
        (writer.shutil, "rmtree"),
    ],
)
def test_between_any_two_writes_the_ledger_verifies(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    """A reader may look at every instant of an append and of a publication."""
    seen: list[list[Finding]] = []
    around(monkeypatch, owner, name, lambda: seen.append(verify(ledger.folder.root).findings))

    grow(ledger, 400)

    assert seen
    assert [each for each in seen if each] == []


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Heads, "_read_current"),
        (Heads, "_load_kept"),
        (Heads, "_look_for_gaps"),
        (Recount, "run"),
        (Recount, "check_strangers"),
        (wal, "recover"),
    ],
)
@pytest.mark.parametrize("is_left_open", [True, False])
def test_what_is_written_during_a_verification_is_no_finding(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, is_left_open: bool
) -> None:
    """Between any two of its readings a writer may publish, keep heads in a new file, append more, and be gone."""
    monkeypatch.setattr("headgate.audit.folder.NOTES_A_FILE", 3)
    monkeypatch.setattr("headgate.audit.tree_heads.NOTES_A_FILE", 3)
    if not is_left_open:
        ledger.close()

    def write() -> None:
        if is_left_open:
            grow(ledger, 300)
            ledger.append([b'{"kind":"plan"}'])
            return
        with Ledger(ledger.folder.root) as other:
            grow(other, 300)

    around(monkeypatch, owner, name, write)
    report = verify(ledger.folder.root)
    monkeypatch.undo()

    assert report.findings == []
    assert report.size >= 230


def test_a_rollback_shows_under_a_writer_at_work_too(ledger: Ledger) -> None:
    """What is kept is never newer than what is current, whoever writes."""
    earlier = ledger.folder.checkpoint.read_bytes()
    grow(ledger, 50)
    ledger.folder.checkpoint.write_bytes(earlier)

    report = verify(ledger.folder.root)

    assert str(report.findings[0]) == "checkpoint: it was rolled back to size 230: one of size 280 was signed"
