"""A ledger that somebody or a disk has changed: what is read of it is what was appended, or the damage is told."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from headgate.audit import Entry, Ledger, LedgerReader, record
from headgate.audit.canonical import canonical
from headgate.audit.merkle import leaf_hashes
from headgate.audit.tiles import entries_of
from headgate.cli.main import cli
from headgate.errors import Exit, HeadgateError
from headgate.gate.history import history
from headgate.model.proofs import ledger as recorded

pytestmark = pytest.mark.unit
ORIGIN = "example.com/damaged"
TIME = "2026-03-02T12:00:00Z"
DIGEST = f"sha256:{'d' * 64}"
MOVE = {"action": "promote", "digest": DIGEST, "from": "staging", "to": "production"}


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Make a ledger with a full bundle and a partial one: events of a model, a deployment, a payload kept apart."""
    entries = [Entry("test", str(each), {"n": each}, "a", TIME) for each in range(298)]
    entries[7] = Entry("model", "fraud/score@1.0.0", MOVE, "a", TIME)
    entries[270] = Entry("deployment", "fraud-prod", {"versions": {"fraud/score": "1.0.0"}}, "a", TIME)
    with Ledger(tmp_path / "ledger", origin=ORIGIN) as opened:
        opened.append_documents([each.as_json() for each in entries])
        opened.append_documents([Entry("big", "s", {"x": "y" * 40_000}, "a", TIME).as_json()])
    return tmp_path / "ledger"


def change(path: Path, old: bytes, new: bytes) -> None:
    """Change a file that nobody writes to again."""
    content = path.read_bytes()
    assert (content.count(old), len(old)) == (1, len(new))
    path.chmod(0o600)
    path.write_bytes(content.replace(old, new))


def bundle(ledger: Path, name: str = "000") -> Path:
    """Return a file of entries."""
    return ledger / "tile" / "entries" / name


def run(*arguments: str) -> HeadgateError:
    """Run a command of `audit` that fails; return how."""
    done = CliRunner().invoke(cli, ["audit", *arguments], standalone_mode=False)
    assert isinstance(done.exception, HeadgateError), done.output
    assert done.exception.exit_code == Exit.NOT_EVALUATED
    assert done.exception.fix
    return done.exception


def test_an_entry_that_was_changed_is_told_by_its_number_and_the_others_are_shown(ledger: Path) -> None:
    """By every command that prints it, without an index as with one; its neighbours are what they were."""
    change(bundle(ledger), b'"subject":"9"', b'"subject":"x"')
    ways = (["show", "9"], ["query", "--no-index"], ["query", "--subject", "x"], ["export"])
    found = [run(*way, "--ledger", str(ledger)).found for way in ways]

    assert found == ["entry 9, in tile/entries/000, is not the one that was appended"] * 4
    reader = LedgerReader(ledger)
    assert [json.loads(reader.entry(each))["subject"] for each in (8, 10, 297)] == ["8", "10", "297"]


def test_what_was_exported_before_is_left_where_a_new_export_meets_damage(ledger: Path, tmp_path: Path) -> None:
    """Half of the entries would look like all of them."""
    output = tmp_path / "entries.jsonl"
    export = ("export", "--ledger", str(ledger), "--output", str(output))
    assert CliRunner().invoke(cli, ["audit", *export]).exit_code == 0
    whole = output.read_text()
    change(bundle(ledger, "001.p/43"), b'"subject":"280"', b'"subject":"xxx"')

    assert run(*export).found == "entry 280, in tile/entries/001, is not the one that was appended"
    assert (output.read_text(), [each.name for each in tmp_path.glob("*entries*")]) == (whole, [output.name])


def forge(ledger: Path, number: str, old: bytes, new: bytes) -> None:
    """Change an entry and its hash, as who has the folder and not the key can."""
    path = bundle(ledger, number)
    change(path, old, new)
    tile = ledger / "tile" / "0" / number
    tile.chmod(0o600)
    tile.write_bytes(leaf_hashes(entries_of(path.read_bytes())))


@pytest.mark.parametrize(
    ("number", "index", "found"),
    [
        ("000", 9, "tile/0/000 is not the one that the signed root was made from"),
        ("001.p/43", 271, "the tiles at its right edge do not lead to the signed root"),
    ],
)
def test_an_entry_that_was_changed_with_its_hash_is_told(ledger: Path, number: str, index: int, found: str) -> None:
    """Its tile has to lead to the root that was signed, whoever asks for it."""
    forge(ledger, number, b'"subject":"%d"' % index, b'"subject":"%s"' % (b"x" * len(str(index))))
    ways = (
        ["show", str(index)],
        ["query", "--no-index"],
        ["query"],
        ["export"],
        ["tail", "-n300"],
        ["prove", str(index)],
    )

    assert [run(*way, "--ledger", str(ledger)).found for way in ways] == [found] * len(ways)


def test_a_gate_takes_no_event_that_was_forged_with_its_hash(ledger: Path) -> None:
    """Else who has the folder promotes a model."""
    forge(ledger, "000", b'"to":"production"', b'"to":"candidates"')

    with pytest.raises(HeadgateError, match="the ledger is damaged"):
        recorded.last_recorded(DIGEST, ledger)


def test_who_follows_is_shown_no_entry_that_was_changed(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes is held against the tree as what was there is."""

    def publish(_: float) -> None:
        record(ledger, [Entry("test", "late", {}, "a", TIME)])
        change(bundle(ledger, "001.p/44"), b'"subject":"late"', b'"subject":"fake"')

    monkeypatch.setattr("headgate.cli.audit_read.time.sleep", publish)
    told = run("tail", "--follow", "--lines", "0", "--ledger", str(ledger))

    assert told.found == "entry 299, in tile/entries/001, is not the one that was appended"


def test_what_gates_ask_for_is_what_was_appended(ledger: Path) -> None:
    """Else they get no answer, and let nothing through."""
    assert recorded.last_recorded(DIGEST, ledger) == "production"
    told = history(ledger, ["fraud-prod"])["stacks"]["fraud-prod"]
    change(bundle(ledger), b'"to":"production"', b'"to":"candidates"')
    change(bundle(ledger, "001.p/43"), b'"fraud/score":"1.0.0"', b'"fraud/score":"9.0.0"')

    assert told["versions"] == {"fraud/score": "1.0.0"}
    with pytest.raises(HeadgateError, match="the ledger is damaged"):
        recorded.last_recorded(DIGEST, ledger)
    assert history(ledger, ["fraud-prod"]) == {"unavailable": "the ledger is damaged"}


def test_entries_are_looked_for_by_marks_from_any_place_on(ledger: Path) -> None:
    """As by looking at each; a bundle that lacks entries is told."""
    reader = LedgerReader(ledger)
    marks = [b'"subject":"12', b'"kind":"deployment"']
    expected = [(at, each) for at, each in reader.entries() if any(mark in each for mark in marks)]
    assert [list(reader.marked(marks, start)) for start in (0, 13, 256, 271)] == [
        [each for each in expected if each[0] >= start] for start in (0, 13, 256, 271)
    ]
    short = bundle(ledger, "001.p/43")
    content = short.read_bytes()
    short.chmod(0o600)
    short.write_bytes(content[: content.index(canonical(reader.document(reader.entry(297)))) - 2])
    with pytest.raises(HeadgateError) as told:
        list(LedgerReader(ledger).marked(marks))
    assert told.value.found == "tile/entries/001 lacks entry 297"


@pytest.mark.parametrize("cut", [20, 1])
def test_a_writer_goes_on_behind_no_damage(ledger: Path, cut: int) -> None:
    """It would carry it into every tile that follows."""
    partial = bundle(ledger, "001.p/43")
    partial.chmod(0o600)
    partial.write_bytes(partial.read_bytes()[:-cut])
    before = (ledger / "checkpoint").read_text()
    with pytest.raises(HeadgateError) as told:
        record(ledger, [Entry("test", "x", {})])

    assert told.value.found == "the entries at its right edge are not those that were appended"
    assert (ledger / "checkpoint").read_text() == before


def test_a_payload_that_is_gone_is_told(ledger: Path) -> None:
    """By its hash."""
    shutil.rmtree(ledger / "blob")

    assert "No such file or directory" in str(run("show", "298", "--ledger", str(ledger)).found)
    assert "payload " in str(run("query", "--kind", "big", "--ledger", str(ledger)).found)


def test_a_key_that_is_none_is_told(ledger: Path, tmp_path: Path) -> None:
    """Without what is in the file; and a ledger keeps the name that it was begun with."""
    lines = tmp_path / "lines"
    lines.write_text('{"kind": "test"}\n')
    named = run("append", "--ledger", str(ledger), "--file", str(lines), "--origin", "example.com/other")
    assert (named.what, named.found, named.expected) == ("the ledger has another name", ORIGIN, "example.com/other")
    (ledger / "key").write_bytes(b"\xff\xfe")
    told = run("append", "--ledger", str(ledger), "--file", str(lines))
    assert (told.what, told.found) == ("the ledger's signing key can't be read", "a file that is no text")


def test_a_ledger_that_is_refused_its_name_leaves_nothing_behind(tmp_path: Path) -> None:
    """The next try begins it, as if nothing had been."""
    lines, ledger = tmp_path / "lines", tmp_path / "new"
    lines.write_text('{"kind": "test"}\n')

    told = run("append", "--ledger", str(ledger), "--file", str(lines), "--origin", "no name+this")

    assert (told.what, told.found) == ("the origin can't name a ledger", "no name+this")
    assert not ledger.exists()


def test_who_may_not_sign_may_verify(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An auditor is given the folder without the right to its private key."""
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, *asked, **more: path != ledger / "key" and may(path, *asked, **more))
    (ledger / "key").write_bytes(b"\xff not for you")
    done = CliRunner().invoke(cli, ["audit", "verify", "--ledger", str(ledger)], standalone_mode=False)

    assert (done.return_value, done.output.startswith("verified  299 entries")) == (Exit.WELL, True)


@pytest.mark.parametrize(
    ("arguments", "what", "expected"),
    [
        (["query", "--digest", "abc"], "no entry can name such a digest", "64 hexadecimal characters"),
        (["query", "--from", "yesterday"], "the time can't be read", "2026-01-31T12:00:00Z"),
        (["report", "--since", "yesterday"], "the time can't be read", "2026-01-31T12:00:00Z"),
        (["report", "--stack", "fraud-prdo"], "the ledger knows no such stack", "such as fraud-prod"),
        (["show", "299"], "there is no entry 299", "an index below 299"),
        (["prove", "--since", "missing"], "the ledger can't be shown to have grown", "that this ledger's key signed"),
        (["prove", "0", "--output", "no/folder"], "the proof can't be written", "a folder that is there"),
        (["export", "--output", "no/folder"], "the entries can't be written", "a folder that is there"),
        (["report", "--html", "no/folder"], "the report can't be written", "a folder that is there"),
    ],
)
def test_what_cannot_be_answered_says_what_would_be(
    ledger: Path, arguments: list[str], what: str, expected: str
) -> None:
    """What was found, what is expected, and what to do."""
    told = run(*arguments, "--ledger", str(ledger))

    assert (what in told.what, expected in str(told.expected)) == (True, True), str(told)
