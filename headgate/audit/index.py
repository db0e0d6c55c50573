"""An index over a ledger's entries, in SQLite beside it: made from the tiles, and never believed.

Owns where to look. Whatever it finds is read from the tiles and judged again, so that a wrong index can at worst leave
something out; `rebuild` makes it anew, and a search can do without it. It belongs to one tree: where the ledger did not
grow out of what was indexed, it is made anew by itself.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from headgate.audit.durable import make_folder
from headgate.audit.query import Described, Query, describe
from headgate.audit.reader import LedgerReader
from headgate.errors import HeadgateError

_FORM = "1"
_BATCH = 4096
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
  number INTEGER PRIMARY KEY, kind TEXT, time TEXT, actor TEXT, subject TEXT);
CREATE INDEX IF NOT EXISTS by_kind ON entries (kind);
CREATE INDEX IF NOT EXISTS by_actor ON entries (actor);
CREATE INDEX IF NOT EXISTS by_time ON entries (time);
CREATE TABLE IF NOT EXISTS terms (
  kind TEXT, value TEXT, number INTEGER, PRIMARY KEY (kind, value, number)) WITHOUT ROWID;
"""
_HAS_TERM = "number IN (SELECT number FROM terms WHERE kind = ? AND value = ?)"
Progress = Callable[[int], None]


def index_path(ledger: Path) -> Path:
    """Return the index's file."""
    return ledger / "index" / "index.sqlite"


class Index:
    """The open index of a ledger, as far as the reader's checkpoint. Use as a context manager."""

    def __init__(self, reader: LedgerReader) -> None:
        """Open it, or begin it; one that is damaged or of another form is begun anew."""
        self._reader = reader
        self._path = index_path(reader.folder.root)
        try:
            make_folder(self._path.parent)
            self._database = self._connect()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise _unusable(self._path, str(error)) from error
            self._remove()
            self._database = self._connect()
        except OSError as error:
            raise _unusable(self._path, error.strerror or str(error)) from error

    def _connect(self) -> sqlite3.Connection:
        """Open the file with its tables."""
        database = sqlite3.connect(self._path, isolation_level=None, timeout=30, check_same_thread=False)
        try:
            self._path.chmod(0o600)
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.executescript(_SCHEMA)
        except BaseException:
            database.close()
            raise
        return database

    def _remove(self) -> None:
        """Remove the file and what SQLite keeps beside it."""
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """How many entries are indexed."""
        return int(self._meta("size") or 0)

    def _meta(self, name: str) -> str | None:
        """Return what was noted under a name."""
        row = self._database.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _is_of_this_ledger(self) -> bool:
        """Say whether what was indexed is a prefix of the ledger, by their roots."""
        size, reader = self.size, self._reader
        if size > reader.checkpoint.size:
            # Another process may have seen a newer checkpoint than this reader has.
            reader = LedgerReader(reader.folder.root, verifier=reader.verifier, folder=reader.folder)
        if not size:
            return True
        if size > reader.checkpoint.size or self._meta("form") != _FORM:
            return False
        return self._meta("root") == reader.range_hash(0, size).hex()

    def update(self, progress: Progress | None = None) -> int:
        """Index what the ledger has more, and return how many entries that were."""
        if not self._is_of_this_ledger():
            self.clear()
        added, end = 0, self._reader.checkpoint.size
        while self.size < end:
            with self._transaction():
                # Asked again within the transaction: another process may have come here first.
                at = self.size
                stop = min(at + _BATCH, end)
                if at < stop:
                    self._add(at, stop)
                    added += stop - at
            if progress:
                progress(stop)
        return added

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Do all of it or nothing."""
        try:
            self._database.execute("BEGIN IMMEDIATE")
            yield
            self._database.execute("COMMIT")
        except BaseException as error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise _unusable(self._path, str(error)) from error
            raise

    def _add(self, start: int, stop: int) -> None:
        """Index some entries and note how far the index now reaches."""
        rows: list[tuple[int, str, str, str, str]] = []
        terms: list[tuple[str, str, int]] = []
        for number, entry in self._reader.entries(start, stop):
            found = describe(self._reader, entry)
            rows.append((number, found.kind, found.time, found.actor, found.subject))
            terms.extend((term.kind, term.value, number) for term in found.terms)
        self._database.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)", rows)
        self._database.executemany("INSERT OR IGNORE INTO terms VALUES (?, ?, ?)", terms)
        noted = {"form": _FORM, "size": str(stop), "root": self._reader.range_hash(0, stop).hex()}
        self._database.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", noted.items())

    def clear(self) -> None:
        """Forget everything."""
        with self._transaction():
            for table in ("entries", "terms", "meta"):
                self._database.execute(f"DELETE FROM {table}")  # noqa: S608  three names of ours

    def numbers(self, query: Query, *, newest_first: bool = False) -> Iterator[int]:
        """Yield the numbers of entries that are asked for, in order."""
        start, end = query.period
        asked = [
            (condition, [value])
            for condition, value in (
                ("kind = ?", query.kind),
                ("actor = ?", query.actor),
                ("instr(subject, ?) > 0", query.subject),
                ("time >= ?", start),
                ("time > '' AND time < ?", end),
            )
            if value is not None
        ]
        asked += [(_HAS_TERM, [term.kind, term.value]) for term in query.terms]
        values = [value for _, given in asked for value in given]
        where = f"WHERE {' AND '.join(condition for condition, _ in asked)}" if asked else ""
        order = "DESC" if newest_first else "ASC"
        statement = f"SELECT number FROM entries {where} ORDER BY number {order}"  # noqa: S608  words of ours, values bound
        for (number,) in self._database.execute(statement, values):
            yield int(number)

    def find(self, query: Query, *, newest_first: bool = False) -> Iterator[tuple[int, Described]]:
        """Yield the entries that are asked for: read from the tiles, and judged by what they say."""
        for number in self.numbers(query, newest_first=newest_first):
            if number < self._reader.checkpoint.size:
                found = describe(self._reader, self._reader.entry(number))
                if query.matches(found):
                    yield number, found

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _unusable(path: Path, found: str) -> HeadgateError:
    """Return the error of an index that can't be used."""
    return HeadgateError(
        "the ledger's index can't be used",
        where=str(path),
        found=found,
        fix="search without it (--no-index), or make it anew with `headgate audit rebuild`",
    )
