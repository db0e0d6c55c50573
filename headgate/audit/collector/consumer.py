"""Takes messages of an event hub into the ledger: at least once, in each partition's order, from where it stopped.

How far it is stands in a file of the ledger's, written when the entries are durable: a consumer that dies in between
takes those messages again. Owns the positions; what a message says is `azure_logs`' to know.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from headgate.audit.canonical import parse
from headgate.audit.collector.azure_logs import envelopes_of_message
from headgate.audit.durable import flush_folder, make_folder, write_new
from headgate.audit.lock import WriterLock
from headgate.errors import HeadgateError

_TYPE = "headgate.dev/source-position@v1"
# What one request to a collector carries, by far.
_BATCH = 1000


@dataclass(frozen=True)
class Message:
    """One message: its number in its partition, and what it carries."""

    number: int
    body: bytes


Take = Callable[[str, Sequence[Message]], None]
Record = Callable[[Sequence[dict[str, Any]]], object]


class Hub(Protocol):
    """Where messages come from."""

    def receive(self, after: dict[str, int], take: Take) -> None:
        """Hand on what comes behind these numbers, by partition, until told to stop; an error of `take` ends it."""


def position_file(ledger: Path, source: str) -> Path:
    """Return where a source's positions are."""
    return ledger / "sources" / f"{hashlib.sha256(source.encode()).hexdigest()[:16]}.json"


class Consumer:
    """One source's consumer, one process at a time. Use as a context manager."""

    def __init__(self, path: Path, source: str, record: Record) -> None:
        """Take the file's lock and read it; without one every message that the hub still has is new."""
        self._path, self._source, self._record = path, source, record
        self._turn = threading.Lock()
        make_folder(path.parent)
        self._lock = WriterLock(path.with_name(f"{path.name}.lock"))
        try:
            self.after = self._read()
        except BaseException:
            self._lock.release()
            raise

    def _read(self) -> dict[str, int]:
        """Return the number of the last message of each partition."""
        try:
            document = parse(self._path.read_bytes())
            if (document["type"], document["source"]) != (_TYPE, self._source):
                raise ValueError(f"positions of {document['source']}")
            return {str(name): int(number) for name, number in document["after"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise HeadgateError(
                "the positions can't be read",
                where=str(self._path),
                found=str(error),
                expected=f"a file that this command wrote for {self._source}",
                fix="without the file, everything that the hub still has is taken again",
            ) from error

    def take(self, partition: str, messages: Sequence[Message]) -> None:
        """Make what messages say durable, then note that they were taken; what was taken before is left out."""
        with self._turn:
            fresh = [one for one in messages if one.number > self.after.get(partition, -1)]
            documents = [entry for one in fresh for entry in envelopes_of_message(one.body)]
            for start in range(0, len(documents), _BATCH):
                self._record(documents[start : start + _BATCH])
            if fresh:
                self._advance(partition, fresh[-1].number)

    def _advance(self, partition: str, number: int) -> None:
        """Make durable how far it is."""
        after = {**self.after, partition: number}
        text = json.dumps({"type": _TYPE, "source": self._source, "after": after})
        try:
            write_new(self._path, f"{text}\n".encode(), self._path.parent)
            flush_folder(self._path.parent)
        except OSError as error:
            raise HeadgateError(
                "the position can't be written; what was taken since is taken again",
                where=str(self._path),
                found=error.strerror,
                fix="make room, and run the command again",
            ) from error
        self.after = after

    def __enter__(self) -> Consumer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()
