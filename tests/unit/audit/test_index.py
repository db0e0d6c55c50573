"""The index: what it finds is what a look at every entry finds, and it is never believed."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from headgate.audit import Ledger, LedgerReader
from headgate.audit.canonical import canonical
from headgate.audit.index import Index, index_path
from headgate.audit.query import Query, scan
from headgate.audit.terms import Term, moment, terms_of
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit
DIGEST = "ab" * 32
QUERIES = [
    Query(),
    Query(kind="drill"),
    Query(actor="ci", kind="decision"),
    Query(subject="prod/"),
    Query(stack="fraud-prod"),
    Query(model="score"),
    Query(model="score@3.2.1"),
    Query(model="fraud/score@3.2.1"),
    Query(digest=f"sha256:{DIGEST}"),
    Query(digest=DIGEST, stack="fraud-prod", model="score@3.2.1"),
    Query(start="2026-01-02"),
    Query(start="2026-01-01T23:30:00Z", end="2026-01-02T00:00:00.5Z"),
    Query(kind="none"),
]


def documents(count: int) -> list[dict[str, Any]]:
    """Return entries of several kinds, some of which name a stack, a model or a digest; one with a large payload."""
    found: list[dict[str, Any]] = []
    for number in range(count):
        data: Any = {"n": number}
        if number % 5 == 0:
            data = {"stack": "fraud-prod", "image": f"r.example/models/fraud/score@sha256:{DIGEST}"}
        if number % 15 == 0:
            data |= {"model": "models/fraud/score", "version": "3.2.1"}
        if number == 45:
            data |= {"padding": "y" * 40_000}
        found.append(
            {
                "kind": ("decision", "drill", "plan")[number % 3],
                "time": "2026-01-02T01:00:00+01:00" if number % 7 else "2026-01-03T00:00:00.250Z",
                "actor": "ci" if number % 2 else "alice",
                "subject": f"fraud-prod/{number}" if number % 11 == 0 else "x",
                "data": data,
            }
        )
    return found


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep a ledger of more than one bundle, with an entry that is no envelope."""
    root = tmp_path_factory.mktemp("indexed") / "l"
    with Ledger(root) as ledger:
        ledger.append_documents(documents(300))
        ledger.append([b"not json", b"[1]"])
    return root


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    """Make a copy to spoil."""
    shutil.copytree(original, tmp_path / "l", ignore=shutil.ignore_patterns("index"))
    return tmp_path / "l"


def numbers(root: Path, query: Query, **order: bool) -> list[int]:
    """Search with the index."""
    with Index(LedgerReader(root)) as index:
        index.update()
        return [number for number, _ in index.find(query, **order)]


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_the_index_finds_what_a_look_at_every_entry_finds(original: Path, query: Query) -> None:
    """By every field, alone and together, in order and backwards, payloads kept apart included."""
    expected = [number for number, _ in scan(LedgerReader(original), query)]

    assert numbers(original, query) == expected
    assert numbers(original, query, newest_first=True) == expected[::-1]


def test_what_is_searched_for_is_there(original: Path) -> None:
    """The entries themselves, so that both ways of searching can't be wrong alike."""
    assert numbers(original, Query(model="score@3.2.1")) == list(range(0, 300, 15))
    assert numbers(original, Query(digest=DIGEST)) == list(range(0, 300, 5))
    assert numbers(original, Query(end="2026-01-02T00:00:00.000000001Z")) == [n for n in range(300) if n % 7]
    assert numbers(original, Query(stack="fraud-prod")) == [n for n in range(300) if n % 5 == 0 or n % 11 == 0]


def test_only_what_is_new_is_indexed(root: Path) -> None:
    """The next update takes up where the last one ended; another reader's older checkpoint takes nothing back."""
    before = LedgerReader(root)
    with Index(before) as index:
        added = [index.update(), index.update()]
    with Ledger(root) as ledger:
        ledger.append_documents(documents(3))
    with Index(LedgerReader(root)) as index:
        added += [index.update()]
    with Index(before) as index:
        added += [index.update()]
        size = index.size
        seen = sum(1 for _ in index.find(Query()))

    assert (added, size, seen) == ([302, 0, 3, 0], 305, 302)


def test_an_index_of_another_tree_is_made_anew(root: Path, tmp_path: Path) -> None:
    """A ledger that did not grow out of what was indexed: a folder put in place of another."""
    assert len(numbers(root, Query(kind="drill"))) == 100
    with Ledger(tmp_path / "other") as ledger:
        ledger.append_documents([{**documents(1)[0], "kind": "drill"}] * 400)
    shutil.copytree(root / "index", tmp_path / "other" / "index")

    assert len(numbers(tmp_path / "other", Query(kind="drill"))) == 400


def test_an_index_that_lies_finds_nothing_that_is_not_there(root: Path) -> None:
    """Its rows only say where to look: what an entry is not asked for by is left out."""
    assert numbers(root, Query(kind="none")) == []
    with sqlite3.connect(index_path(root)) as database:
        database.execute("UPDATE entries SET kind = 'none' WHERE number < 5")
    database.close()

    assert numbers(root, Query(kind="none")) == []


def test_a_damaged_index_is_begun_anew(root: Path) -> None:
    """A file that is no database, in its place."""
    index_path(root).parent.mkdir()
    index_path(root).write_bytes(b"no database" * 1000)

    assert len(numbers(root, Query(kind="drill"))) == 100


def test_an_index_that_can_not_be_written_says_how_to_do_without(root: Path) -> None:
    """A ledger on a read-only disk can still be searched."""
    (root / "index").write_bytes(b"a file where the folder belongs")

    with pytest.raises(HeadgateError) as raised:
        Index(LedgerReader(root))
    assert "--no-index" in str(raised.value.fix)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", "2026-01-31T00:00:00.000000000"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000000000"),
        ("2026-01-01T00:30:00.123+04:00", "2025-12-31T20:30:00.123000000"),
        ("2026-01-01T00:30:00.123456789-00:30", "2026-01-01T01:00:00.123456789"),
    ],
)
def test_times_are_compared_in_one_form(text: str, expected: str) -> None:
    """UTC, to the nanosecond, whatever the zone and the digits."""
    assert moment(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-1-1",
        "2026-01-01T00:00:00",
        "2026-02-30",
        "2026-01-01T25:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    """Rather than compared as text."""
    with pytest.raises(ValueError, match="no time"):
        moment(text)


def test_an_entry_whose_time_is_in_no_year_is_found_by_all_but_its_time(tmp_path: Path) -> None:
    """One that another writer took: it stops no search."""
    entry = canonical({"kind": "x", "time": "0001-01-01T00:00:00+14:00", "actor": "a", "subject": "s", "data": None})
    with Ledger(tmp_path / "ledger") as ledger:
        ledger.append([entry])
    reader = LedgerReader(tmp_path / "ledger")

    asked = (Query(kind="x"), Query(start="0001-01-01"), Query(end="2026-01-01"))
    assert [[number for number, _ in scan(reader, one)] for one in asked] == [[0], [], []]


def test_a_name_of_many_parts_is_found_whole_and_takes_no_more_room_than_it_is_long() -> None:
    """Who may append may not fill the disk with an index of one entry."""
    name = "/".join(["a"] * 10_000)
    found = terms_of({"data": {"model": name}}, canonical({"model": name}))

    assert found == {Term("model", name)}
