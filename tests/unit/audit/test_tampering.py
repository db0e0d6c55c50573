"""Tampering: whatever is changed in a ledger's folder, verification says so and names it."""

from __future__ import annotations

import shutil
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headgate.audit import Ledger, LedgerReader, Report, verify
from headgate.audit.checkpoint import Checkpoint, split_notes
from headgate.audit.note import Signer
from headgate.audit.tiles import Tile, bundle_of, entries_of
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep a ledger of 700 entries in three checkpoints, one payload among them."""
    root = tmp_path_factory.mktemp("original") / "l"
    document = {"kind": "plan", "time": "2026-01-01T00:00:00Z", "actor": "a", "subject": "s"}
    for first, last in ((0, 100), (100, 300), (300, 699)):
        with Ledger(root) as ledger:
            ledger.append_documents([{**document, "data": number} for number in range(first, last)])
    with Ledger(root) as ledger:
        ledger.append_documents([{**document, "data": "y" * 40_000}])
    return root


@pytest.fixture
def ledger(original: Path, tmp_path: Path) -> Path:
    """Make a copy to spoil."""
    shutil.copytree(original, tmp_path / "l")
    return tmp_path / "l"


def flip(path: Path, at: int) -> None:
    """Flip one bit."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def first(report: Report) -> tuple[str, int | None]:
    """Where the first finding is."""
    return (report.findings[0].where, report.findings[0].entry) if report.findings else ("", None)


def test_the_original_verifies(original: Path) -> None:
    """The ground that the other tests stand on."""
    report = verify(original)

    assert (report.findings, report.size, report.payloads) == ([], 700, 1)


def test_a_flipped_bit_in_any_file_is_detected(original: Path, tmp_path: Path) -> None:
    """Every file, at its beginning, middle and end, but for the lock, which holds nothing."""
    undetected = []
    for path in sorted(original.rglob("*")):
        if path.is_dir() or path.name in ("lock", "pending"):
            continue
        for at in {0, path.stat().st_size // 2, path.stat().st_size - 1}:
            copy = tmp_path / "l"
            shutil.copytree(original, copy)
            flip(copy / path.relative_to(original), at)
            if verify(copy).is_well:
                undetected.append((str(path.relative_to(original)), at))
            shutil.rmtree(copy)

    assert undetected == []


def test_any_deleted_file_of_the_log_is_detected(original: Path, tmp_path: Path) -> None:
    """Checkpoint, kept checkpoints, required tiles, bundles and payloads."""
    undetected = []
    for path in sorted(original.rglob("*")):
        name = str(path.relative_to(original))
        if path.is_dir() or name in ("lock", "pending", "key", "key.pub"):
            continue
        copy = tmp_path / "l"
        shutil.copytree(original, copy)
        (copy / name).unlink()
        if verify(copy).is_well:
            undetected.append(name)
        shutil.rmtree(copy)

    assert undetected == []


@pytest.mark.parametrize("number", [0, 255, 256, 450, 699])
def test_a_changed_entry_is_named(ledger: Path, number: int) -> None:
    """The finding is the entry itself, once, in a full bundle and in the partial one."""
    path = ledger / ("tile/entries/002.p/188" if number >= 512 else f"tile/entries/{number // 256:03}")
    entries = entries_of(path.read_bytes())
    entries[number % 256] = entries[number % 256].replace(b'"actor":"a"', b'"actor":"b"')
    path.chmod(0o600)
    path.write_bytes(bundle_of(entries))
    report = verify(ledger)

    assert first(report) == (str(path.relative_to(ledger)), number)
    assert len(report.findings) == 1


def test_a_changed_tile_is_told_from_a_changed_entry(ledger: Path) -> None:
    """When the entries lead to the tile above, it is the tile that was changed."""
    flip(ledger / "tile/0/001", 44 * 32)
    report = verify(ledger)

    assert [str(finding) for finding in report.findings] == ["entry 300: tile/0/001: hash 44 is not that of its entry"]


def test_reordered_entries_are_detected(ledger: Path) -> None:
    """Two entries that changed places, in a bundle of the same length."""
    path = ledger / "tile/entries/000"
    entries = entries_of(path.read_bytes())
    entries[10], entries[11] = entries[11], entries[10]
    path.chmod(0o600)
    path.write_bytes(bundle_of(entries))

    assert first(verify(ledger)) == ("tile/entries/000", 10)


def test_a_rolled_back_checkpoint_is_detected_by_the_kept_ones(ledger: Path) -> None:
    """An older, rightly signed checkpoint in place of the current one; the writer refuses it too."""
    notes, _ = split_notes((ledger / "checkpoints/000").read_text())
    (ledger / "checkpoint").write_text(notes[1])

    assert any("rolled back to size 100" in finding.what for finding in verify(ledger).findings)
    with pytest.raises(HeadgateError, match="damaged"):
        Ledger(ledger)


def test_a_folder_rolled_back_as_a_whole_is_detected_by_a_checkpoint_carried_away(
    original: Path, tmp_path: Path
) -> None:
    """What no folder can show of itself, `since` shows."""
    with Ledger(tmp_path / "l") as ledger:
        ledger.append([b"1"])
    shutil.copytree(tmp_path / "l", tmp_path / "old")
    with Ledger(tmp_path / "l") as ledger:
        ledger.append([b"2"])
    carried = tmp_path / "l" / "checkpoint"

    assert verify(tmp_path / "old").is_well
    assert first(verify(tmp_path / "old", since=carried))[0] == "checkpoint"
    assert verify(tmp_path / "l", since=tmp_path / "old" / "checkpoint").is_well


def test_a_rewritten_history_is_detected_by_the_kept_checkpoints(ledger: Path, tmp_path: Path) -> None:
    """Someone who has the key signs another tree of the same size: the kept checkpoints have other roots."""
    kept = (ledger / "checkpoints/000").read_text()
    key = (ledger / "key").read_text()
    with Ledger(tmp_path / "first"):
        pass
    (tmp_path / "forged").mkdir()
    (tmp_path / "forged/key").write_text(key)
    with Ledger(tmp_path / "forged") as forged:
        forged.append([b"forged"] * 700)
    (tmp_path / "forged/checkpoints/000").write_text(kept + (tmp_path / "forged/checkpoint").read_text())

    assert any("has another root" in finding.what for finding in verify(tmp_path / "forged").findings)


def test_another_key_does_not_verify(ledger: Path, tmp_path: Path) -> None:
    """With --key, the ledger's own claim about its key counts for nothing."""
    (tmp_path / "known.pub").write_text(str(Signer.generate("example.com/other").verifier))
    report = verify(ledger, key=tmp_path / "known.pub")

    assert not report.is_well
    assert "not signed by example.com/other" in report.findings[0].what


def test_a_file_that_nobody_appended_is_detected(ledger: Path) -> None:
    """Tiles behind the checkpoint, and names that no tile has."""
    (ledger / "tile/0/005").write_bytes(bytes(8192))
    (ledger / "tile/0/extra").write_bytes(b"")

    assert {finding.where for finding in verify(ledger).findings} == {"tile/0/005", "tile/0/extra"}


@pytest.mark.parametrize("at", [0, 8, 17, 57, 64, -1])
def test_a_damaged_write_ahead_file_closes_the_ledger(ledger: Path, tmp_path: Path, at: int) -> None:
    """Acknowledged entries that changed are refused, never discarded."""
    with Ledger(ledger) as opened:
        opened.append([b"one", b"two"])
        shutil.copytree(ledger, tmp_path / "crashed")
    flip(tmp_path / "crashed" / "pending", at)

    assert not verify(tmp_path / "crashed").is_well
    with pytest.raises(HeadgateError, match="damaged"):
        Ledger(tmp_path / "crashed")


def test_a_reader_refuses_what_is_not_signed(ledger: Path) -> None:
    """Reading goes by the checkpoint: a changed one is no ground to answer on."""
    checkpoint = Checkpoint("x", 1, bytes(32))
    (ledger / "checkpoint").write_text(checkpoint.sign(Signer.generate("x")))

    with pytest.raises(HeadgateError, match="can't be trusted"):
        LedgerReader(ledger)


def entry_tiles(root: Path) -> list[Path]:
    """Return the bundles and tiles of a ledger."""
    return sorted(path for path in (root / "tile").rglob("*") if path.is_file())


def entry_of_byte(path: Path, content: bytes, at: int) -> int:
    """Return the first entry that a byte of a tile is about."""
    tile = Tile.from_path(str(path))
    assert tile
    if tile.level is not None:
        return int((tile.index * 256 + at // 32) * 256**tile.level)
    ends = accumulate(2 + len(entry) for entry in entries_of(content))
    return tile.index * 256 + next(position for position, end in enumerate(ends) if at < end)


@pytest.mark.parametrize("number", [0, 125, 255])
@pytest.mark.parametrize("half", [0, 1])
def test_a_length_that_is_another_is_its_entrys_fault(ledger: Path, number: int, half: int) -> None:
    """Also where what follows can't be split any more: the entries before it are what they were."""
    path = ledger / "tile/entries/000"
    ends = [0, *accumulate(2 + len(entry) for entry in entries_of(path.read_bytes()))]
    for bit in range(8):
        content = bytearray(path.read_bytes())
        content[ends[number] + half] ^= 1 << bit
        path.chmod(0o600)
        path.write_bytes(content)

        assert first(verify(ledger)) == ("tile/entries/000", number)
        content[ends[number] + half] ^= 1 << bit
        path.write_bytes(content)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_byte_of_any_tile_is_detected_and_named(
    original: Path, tmp_path: Path, data: st.DataObject
) -> None:
    """Whichever bit: the finding names that very file, and the first entry that is not what it was."""
    path = data.draw(st.sampled_from(entry_tiles(original)))
    at = data.draw(st.integers(0, path.stat().st_size - 1))
    copy = tmp_path / "l"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(original, copy)
    spoiled = copy / path.relative_to(original)
    content = bytearray(spoiled.read_bytes())
    first = entry_of_byte(path.relative_to(original), bytes(content), at)
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    spoiled.chmod(0o600)
    spoiled.write_bytes(content)
    found = verify(copy).findings

    assert [one.entry for one in found if one.where == str(path.relative_to(original))] == [first]
    assert min(one.entry for one in found if one.entry is not None) == first


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_tile_cut_short_is_named(original: Path, tmp_path: Path, data: st.DataObject) -> None:
    """At whatever byte it ends."""
    path = data.draw(st.sampled_from(entry_tiles(original)))
    copy = tmp_path / "l"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(original, copy)
    spoiled = copy / path.relative_to(original)
    spoiled.chmod(0o600)
    with spoiled.open("r+b") as file:
        file.truncate(data.draw(st.integers(0, path.stat().st_size - 1)))

    assert str(path.relative_to(original)) in {one.where for one in verify(copy).findings}


def test_bundles_that_changed_places_are_detected(ledger: Path) -> None:
    """Whole files in each other's place, with their tiles: the first of their entries is named."""
    for level in ("entries", "0"):
        first_path, second = ledger / f"tile/{level}/000", ledger / f"tile/{level}/001"
        first_path.rename(ledger / "scratch" / "x")
        second.rename(first_path)
        (ledger / "scratch" / "x").rename(second)

    assert verify(ledger).findings[0].entry == 0


def test_an_emptied_tile_is_named(original: Path, tmp_path: Path) -> None:
    """Every bundle and tile with nothing left in it, which is neither missing nor another hash."""
    undetected = []
    for path in entry_tiles(original):
        copy = tmp_path / "l"
        shutil.copytree(original, copy)
        name = path.relative_to(original)
        (copy / name).chmod(0o600)
        (copy / name).write_bytes(b"")
        if str(name) not in {one.where for one in verify(copy).findings}:
            undetected.append(name)
        shutil.rmtree(copy)

    assert undetected == []
