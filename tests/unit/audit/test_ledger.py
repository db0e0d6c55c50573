"""The writer: what is acknowledged stays, in order, whatever a crash leaves behind."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from crash_points import Crash, crash_after
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.audit import Entry, Ledger, LedgerReader, durable, verify
from headgate.audit.folder import Folder
from headgate.audit.frontier import Frontier
from headgate.audit.persons import Persons
from headgate.audit.tiles import tiles_of
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit


def entries_of(count: int, first: int = 0) -> list[bytes]:
    """Return some distinct entries."""
    return [f'{{"n":{number}}}'.encode() for number in range(first, first + count)]


def stored(root: Path) -> list[bytes]:
    """All entries of a ledger, as a reader sees them."""
    return [entry for _, entry in LedgerReader(root).entries()]


def files_of(root: Path) -> set[str]:
    """Return the paths of all tiles."""
    return {str(path.relative_to(root)) for path in (root / "tile").rglob("*") if path.is_file()}


def test_entries_come_back_in_order_with_their_indexes(tmp_path: Path) -> None:
    """Several appends, several sessions, one sequence."""
    with Ledger(tmp_path / "l") as ledger:
        ranges = [ledger.append(entries_of(300)), ledger.append([]), ledger.append(entries_of(1, 300))]
    with Ledger(tmp_path / "l") as ledger:
        ranges.append(ledger.append(entries_of(700, 301)))

    assert ranges == [range(300), range(300, 300), range(300, 301), range(301, 1001)]
    assert stored(tmp_path / "l") == entries_of(1001)
    assert verify(tmp_path / "l").is_well


def test_the_folder_is_the_specifications_layout(tmp_path: Path) -> None:
    """Exactly the tiles of the tree size; partial tiles of tiles that became full are gone."""
    for count in (100, 100, 100, 300):
        with Ledger(tmp_path / "l") as ledger:
            ledger.append(entries_of(count))

    # What a tree of 600 asks for, and the partial level-1 tile that the tree of 300 had.
    assert files_of(tmp_path / "l") == {tile.path for tile in tiles_of(600)} | {"tile/1/000.p/1"}


def test_keys_and_entries_are_for_their_owner_alone(tmp_path: Path) -> None:
    """The signing key is 0600 and no file or folder is open to others."""
    with Ledger(tmp_path / "l") as ledger:
        ledger.append(entries_of(300))
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "l").rglob("*")}

    assert modes[tmp_path / "l" / "key"] == 0o600
    assert [path for path, mode in modes.items() if mode & 0o077 and path.is_file()] == []
    assert stat.S_IMODE((tmp_path / "l").stat().st_mode) == 0o700


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    """One writer at a time; the error names the process."""
    with Ledger(tmp_path / "l"), pytest.raises(HeadgateError) as raised:
        Ledger(tmp_path / "l")
    assert str(os.getpid()) in str(raised.value.found)
    with Ledger(tmp_path / "l") as ledger:
        assert ledger.size == 0


def test_what_was_acknowledged_survives_without_a_checkpoint(tmp_path: Path) -> None:
    """A copy of the folder taken right after `append` returns holds the entries once it is opened."""
    with Ledger(tmp_path / "l") as ledger:
        ledger.append(entries_of(10))
        ledger.publish()
        ledger.append(entries_of(500, 10))
        shutil.copytree(tmp_path / "l", tmp_path / "crashed")
    report = verify(tmp_path / "crashed")
    with Ledger(tmp_path / "crashed"):
        pass

    assert (report.is_well, report.size, report.pending) == (True, 10, 500)
    assert stored(tmp_path / "crashed") == entries_of(510)
    assert verify(tmp_path / "crashed").is_well


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_write_ahead_file_cut_anywhere_keeps_whole_commits(tmp_path: Path, data: st.DataObject) -> None:
    """At every truncation point, recovery keeps exactly the commits that were whole, and the ledger goes on."""
    shutil.rmtree(tmp_path, ignore_errors=True)
    ends, sizes = [0], [0]
    with Ledger(tmp_path / "l") as ledger:
        for count in (1, 3, 2):
            ledger.append(entries_of(count, sizes[-1]))
            sizes.append(ledger.size)
            ends.append((tmp_path / "l" / "pending").stat().st_size)
        shutil.copytree(tmp_path / "l", tmp_path / "cut")
    cut = data.draw(st.integers(0, ends[-1]))
    with (tmp_path / "cut" / "pending").open("r+b") as file:
        file.truncate(cut)
    whole = max(size for size, end in zip(sizes, ends, strict=True) if end <= cut)
    is_well_before = verify(tmp_path / "cut").is_well
    with Ledger(tmp_path / "cut") as ledger:
        kept = ledger.size
        ledger.append(entries_of(1, 99))

    assert (is_well_before, kept) == (True, whole)
    assert stored(tmp_path / "cut") == entries_of(whole) + entries_of(1, 99)
    assert verify(tmp_path / "cut").is_well


def crash_in_publication(root: Path, survived: int) -> bool:
    """Publish, and stop after some file operations; say whether there were more."""
    ledger = Ledger(root)
    ledger.append(entries_of(300))
    ledger.publish()
    ledger.append(entries_of(300, 300))
    try:
        with crash_after(survived, "open", "fsync", "fchmod", "ftruncate", "lseek", "write"):
            ledger.publish()
    except Crash:
        return True
    finally:
        ledger._pending.close()
        ledger._lock.release()
    return False


def test_a_crash_between_any_two_writes_of_a_publication_is_finished(tmp_path: Path) -> None:
    """Stopped before every single file operation, it verifies at once, and reopening completes the publication."""
    survived = 0
    while crash_in_publication(tmp_path / str(survived), survived):
        root = tmp_path / str(survived)
        before = verify(root)
        with Ledger(root) as again:
            again.append(entries_of(1, 600))
        after = verify(root)

        assert (survived, before.findings) == (survived, [])
        assert (survived, after.findings, after.size) == (survived, [], 601)
        assert stored(root) == entries_of(601)
        shutil.rmtree(root)
        survived += 1
    assert survived > 30


def test_a_full_disk_refuses_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failed append is refused whole, earlier entries stay, and there is room again after reopening."""
    ledger = Ledger(tmp_path / "l")
    ledger.append(entries_of(5))

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "write", full)
        with pytest.raises(HeadgateError, match="nothing that was acknowledged is lost"):
            ledger.append(entries_of(5, 5))
        with pytest.raises(HeadgateError, match="can't be written"):
            ledger.append(entries_of(5, 5))
    ledger.close()
    with Ledger(tmp_path / "l") as again:
        assert again.append(entries_of(1, 5)) == range(5, 6)
    assert stored(tmp_path / "l") == entries_of(6)


def test_a_large_payload_lives_beside_the_log(tmp_path: Path) -> None:
    """Over 32 KiB the entry carries the payload's hash, and reading gives the whole document back."""
    document = {
        "kind": "plan",
        "time": "2026-01-01T00:00:00Z",
        "actor": "a",
        "subject": "s",
        "data": {"x": "y" * 40_000},
    }
    with Ledger(tmp_path / "l") as ledger:
        ledger.append_documents([document, {**document, "data": 1}])
    reader = LedgerReader(tmp_path / "l")

    assert len(reader.entry(0)) < 300
    assert reader.document(reader.entry(0))["data"] == document["data"]
    assert "blob" not in reader.document(reader.entry(1))
    assert verify(tmp_path / "l").payloads == 1


def test_a_lost_signing_key_closes_the_ledger(tmp_path: Path) -> None:
    """A new key is never made for an old ledger."""
    with Ledger(tmp_path / "l") as ledger:
        ledger.append(entries_of(1))
    (tmp_path / "l" / "key").unlink()

    with pytest.raises(HeadgateError, match="signing key is missing"):
        Ledger(tmp_path / "l")


def test_the_signing_key_can_live_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HEADGATE_LEDGER_KEY names it; the ledger's folder then holds only the public half."""
    monkeypatch.setenv("HEADGATE_LEDGER_KEY", str(tmp_path / "vault" / "key"))
    with Ledger(tmp_path / "l", origin="example.com/ledger") as ledger:
        ledger.append(entries_of(1))

    assert (tmp_path / "vault" / "key").exists()
    assert not (tmp_path / "l" / "key").exists()
    assert verify(tmp_path / "l").origin == "example.com/ledger"


def test_memory_holds_only_the_right_edge() -> None:
    """A frontier's state does not grow with the tree."""
    frontier = Frontier()
    for _ in frontier.extend([b"x" * 10] * 70_000):
        pass

    assert len(frontier.bundle) + sum(map(len, frontier.levels)) < 3 * 256 * 32


def test_what_waits_for_a_checkpoint_is_bounded(tmp_path: Path) -> None:
    """However much is appended before somebody publishes: it is what a writer's memory holds beside the right edge."""
    with Ledger(tmp_path / "l") as ledger:
        waiting = []
        for number in range(12):
            ledger.append([bytes([number]) * 60_000] * 10)
            waiting.append(ledger.folder.pending.stat().st_size)

        assert max(waiting) < 5 * 1024 * 1024
        assert ledger.published > 0


def test_a_folder_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    """Reading and verifying nothing is an error, not a success."""
    for read in (verify, LedgerReader):
        with pytest.raises(HeadgateError, match="there is no ledger here"):
            read(tmp_path)
    assert Folder(tmp_path).kept_files() == []


def test_a_withheld_payload_raises_an_alarm_behind_its_entries(tmp_path: Path) -> None:
    """Whoever withheld it: an entry of kind `alert` names kind and reason; the indexes are those of what was given."""
    deep: Any = "x"
    for _ in range(400):
        deep = {"n": deep}
    given = [Entry("decision", "fraud-prod", deep).as_json(), Entry("plan", "s", {"payload": "whole"}).as_json()]
    with Ledger(tmp_path / "l") as ledger:
        assert ledger.append_documents(given) == range(2)
        assert ledger.append_documents([Entry("plan", "s", 1).as_json()]) == range(3, 4)
    reader = LedgerReader(tmp_path / "l")
    found = [reader.document(entry) for _, entry in reader.entries()]

    reason = "nested too deeply to be masked"
    assert [each["kind"] for each in found] == ["decision", "plan", "alert", "plan"]
    assert found[0]["data"] == {"payload": "withheld", "reason": reason}
    assert (found[2]["actor"], found[2]["subject"]) == ("ledger", "fraud-prod")
    assert found[2]["data"] == {"alert": "payload-withheld", "of": "decision", "reason": reason}


def test_people_are_hidden_where_the_payload_is_withheld(tmp_path: Path) -> None:
    """A payload too deep to look for people in is withheld like one too deep to mask; its actor gets a pseudonym."""
    deep: Any = "x"
    for _ in range(400):
        deep = {"n": deep}
    Persons(tmp_path / "l").enable([])
    with Ledger(tmp_path / "l") as ledger:
        ledger.append_documents([Entry("decision", "s", {"user": deep}, actor="alice").as_json()])
    reader = LedgerReader(tmp_path / "l")
    found = reader.document(reader.entry(0))

    reason = "nested too deeply to find the people in it"
    assert found["data"] == {"payload": "withheld", "reason": reason}
    assert found["actor"].startswith("person:")
