"""Pseudonyms: people are not in the log, can be named as long as they are known, and forgotten without harm to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.audit import Entry, Ledger, LedgerReader, record, verify
from headgate.audit.persons import PREFIX, Persons
from headgate.cli.main import main
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Begin a ledger that names people by pseudonyms; `ci` is a program."""
    Persons(tmp_path / "l").enable(["ci"])
    return tmp_path / "l"


def entry(actor: str, **data: Any) -> Entry:
    """Return an entry."""
    return Entry("approval", "fraud-prod", data, actor=actor, time="2026-01-01T00:00:00Z")


def documents(ledger: Path) -> list[dict[str, Any]]:
    """Return what is in the log."""
    reader = LedgerReader(ledger)
    return [reader.document(one) for _, one in reader.entries()]


def test_people_are_not_in_the_log_and_programs_are(ledger: Path) -> None:
    """The actor, and the fields that name people, however deep; one person has one pseudonym."""
    record(
        ledger,
        [
            entry("omar", approver="omar", authors=["dana", "ci"], review={"userInfo": {"username": "dana"}}),
            entry("ci", subject="omar", user="system:serviceaccount:x:y"),
        ],
    )
    first, second = documents(ledger)
    omar, dana = (Persons(ledger).pseudonym_of(name) for name in ("omar", "dana"))

    assert first["actor"] == omar
    assert str(omar).startswith(PREFIX)
    assert first["data"] == {"approver": omar, "authors": [dana, "ci"], "review": {"userInfo": {"username": dana}}}
    assert (second["actor"], second["data"]["user"]) == ("ci", "system:serviceaccount:x:y")
    assert b"dana" not in b"".join(path.read_bytes() for path in (ledger / "tile").rglob("*") if path.is_file())


def test_forgetting_breaks_no_proof_and_links_nothing(ledger: Path) -> None:
    """The entries stay, verified; the same person is somebody else from then on."""
    record(ledger, [entry("omar")])
    root, persons = LedgerReader(ledger).checkpoint, Persons(ledger)
    before = persons.erase("omar")
    record(ledger, [entry("omar")])

    assert verify(ledger).is_well
    assert LedgerReader(ledger).range_hash(0, 1) == root.root
    assert persons.pseudonym_of("omar") not in (None, before)
    assert before not in persons.names()
    assert persons.names() == {persons.pseudonym_of("omar"): "omar"}
    with pytest.raises(HeadgateError, match="knows nobody"):
        persons.erase("nobody")


def test_a_writer_that_runs_notices_what_another_process_erased(ledger: Path) -> None:
    """The mapping is read again when it changed."""
    with Ledger(ledger) as opened:
        opened.append_documents([entry("omar").as_json()])
        erased = Persons(ledger).erase("omar")
        opened.append_documents([entry("omar").as_json()])

    actors = [one["actor"] for one in documents(ledger)]
    assert actors[0] == erased
    assert actors[1] not in (erased, "omar")


def test_without_pseudonyms_entries_are_as_they_were(tmp_path: Path) -> None:
    """They are switched on, never by themselves."""
    record(tmp_path / "l", [entry("omar", approver="omar")])

    assert documents(tmp_path / "l")[0]["actor"] == "omar"
    assert not (tmp_path / "l" / "persons").exists()


def test_a_damaged_mapping_closes_the_ledger(ledger: Path) -> None:
    """Rather than a second pseudonym for everybody."""
    (ledger / "persons" / "names.json").write_text("{")

    with pytest.raises(HeadgateError, match="can't be read"):
        record(ledger, [entry("omar")])


def run(*arguments: str) -> int:
    """Run the command line and return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["audit", *arguments])
    return int(ended.value.code or 0)


def test_people_are_searched_for_and_shown_by_name_until_they_are_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--actor NAME`, `--persons`; then the pseudonym, and an entry that says that it was forgotten."""
    ledger = str(tmp_path / "l")
    assert run("persons", "enable", "--ledger", ledger) == 0
    record(tmp_path / "l", [entry("omar", approver="omar")])
    capsys.readouterr()

    assert run("query", "--ledger", ledger, "--actor", "omar", "--persons", "--json") == 0
    assert json.loads(capsys.readouterr().out)["data"] == {"approver": "omar"}
    assert run("persons", "list", "--ledger", ledger, "--json") == 0
    assert list(json.loads(capsys.readouterr().out).values()) == ["omar"]
    assert run("persons", "erase", "--ledger", ledger, "omar") == 0
    capsys.readouterr()
    assert run("query", "--ledger", ledger, "--actor", "omar") == 0
    assert capsys.readouterr().out == ""
    assert run("show", "--ledger", ledger, "0", "--persons", "--json") == 0
    assert json.loads(capsys.readouterr().out)["actor"].startswith(PREFIX)
    assert run("query", "--ledger", ledger, "--kind", "erasure", "--json") == 0
    assert json.loads(capsys.readouterr().out)["subject"].startswith(PREFIX)
