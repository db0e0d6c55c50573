"""How far a receiver has acknowledged a ledger: one small file, written after the acknowledgement, whole or not at all.

It holds the root of the tree that was delivered: a ledger that was set back, or is another one, is told when the stream
goes on.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from headgate.audit.canonical import parse
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.durable import flush_folder, make_folder, write_new
from headgate.audit.lock import WriterLock
from headgate.audit.merkle import EMPTY_ROOT, HASH
from headgate.audit.proof import has_grown
from headgate.audit.reader import LedgerReader
from headgate.errors import HeadgateError

_TYPE = "headgate.dev/stream-cursor@v1"


def cursor_file(ledger: Path, destination: str) -> Path:
    """Return where the cursor of a destination is, unless somebody names another file."""
    return ledger / "streams" / f"{hashlib.sha256(destination.encode()).hexdigest()[:16]}.json"


@dataclass(frozen=True)
class Position:
    """The next entry to deliver, and the root over all before it."""

    next: int
    root: bytes


class Cursor:
    """One destination's cursor, held by one process at a time. Use as a context manager."""

    def __init__(self, path: Path, destination: str, origin: str) -> None:
        """Take the file's lock and read it; a new one begins with the first entry."""
        self._path, self._destination, self._origin = path, destination, origin
        try:
            make_folder(path.parent)
            self._lock = self._held()
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self.position = self._read()
        except BaseException:
            self._lock.release()
            raise

    def _held(self) -> WriterLock:
        """Return the lock: two streams to one receiver would deliver out of order."""
        try:
            return WriterLock(self._path.with_name(f"{self._path.name}.lock"))
        except HeadgateError as error:
            raise HeadgateError(
                "another process delivers to this receiver",
                where=self._destination,
                found=error.found,
                expected="one stream for one receiver",
                fix="stop it first, or name another --cursor for a receiver of its own",
            ) from error

    def _read(self) -> Position:
        """Return the position in the file."""
        try:
            document = parse(self._path.read_bytes())
            names = ("type", "destination", "origin")
            found = {name: document[name] for name in names}
            position = Position(int(document["next"]), bytes.fromhex(document["root"]))
            if document["type"] != _TYPE or position.next < 0 or len(position.root) != HASH:
                raise ValueError(f"no document of type {_TYPE}")
        except FileNotFoundError:
            return Position(0, EMPTY_ROOT)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise self._refused("the cursor can't be read", str(error), "a cursor that this command wrote") from error
        if found["destination"] != self._destination:
            raise self._refused("the cursor is another receiver's", found["destination"], self._destination)
        if found["origin"] != self._origin:
            raise self._refused("the cursor is another ledger's", found["origin"], self._origin)
        return position

    def require_grown(self, reader: LedgerReader) -> None:
        """Refuse a ledger that did not grow out of what was delivered."""
        position, checkpoint = self.position, reader.checkpoint
        if checkpoint.origin != self._origin:
            raise self._refused("the cursor is another ledger's", self._origin, checkpoint.origin)
        if position.next > checkpoint.size:
            raise self._set_back(f"{position.next} entries were delivered, and it has {checkpoint.size}")
        hashes = reader.prove_consistency(position.next) if 0 < position.next < checkpoint.size else []
        delivered = Checkpoint(checkpoint.origin, position.next, position.root)
        if not has_grown(delivered, checkpoint, hashes):
            raise self._set_back(f"its first {position.next} entries are not those that were delivered")

    def _set_back(self, found: str) -> HeadgateError:
        """Return the error of a ledger that was rolled back or written anew."""
        return HeadgateError(
            "the ledger was set back, or written anew: nothing of it is delivered",
            where=str(self._path),
            found=found,
            expected="a ledger that grew out of what was delivered",
            fix="keep the folder as it is, and compare it with a copy: `headgate audit verify --since CHECKPOINT`",
        )

    def advance(self, position: Position) -> None:
        """Make durable that everything before a position was acknowledged."""
        document = {
            "type": _TYPE,
            "destination": self._destination,
            "origin": self._origin,
            "next": position.next,
            "root": position.root.hex(),
        }
        try:
            write_new(self._path, f"{json.dumps(document)}\n".encode(), self._path.parent)
            flush_folder(self._path.parent)
        except OSError as error:
            raise self._unwritable(error) from error
        self.position = position

    def _refused(self, what: str, found: str, expected: str) -> HeadgateError:
        """Return the error of a cursor that does not fit."""
        return HeadgateError(
            what,
            where=str(self._path),
            found=found,
            expected=expected,
            fix="name the right file with --cursor; without the file, everything is delivered from the first entry",
        )

    def _unwritable(self, error: OSError) -> HeadgateError:
        """Return the error of a disk that refuses."""
        return HeadgateError(
            "the cursor can't be written; what was acknowledged since is delivered again",
            where=error.filename or str(self._path),
            found=error.strerror,
            fix="make room, or name a file that you may write with --cursor",
        )

    def __enter__(self) -> Cursor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()
