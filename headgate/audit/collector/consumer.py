"""Takes messages of an event hub into the ledger: at least once, in each partition's order, from where it stopped.

How far it is is noted when the entries are durable: a consumer that dies in between takes those messages again. What a
message says is `azure_logs`' to know.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from headgate.audit.collector.azure_logs import envelopes_of_message
from headgate.audit.collector.positions import Positions

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


class Consumer:
    """One source's consumer, one process at a time. Use as a context manager."""

    def __init__(self, path: Path, source: str, record: Record) -> None:
        """Take the file's lock and read it; without one every message that the hub still has is new."""
        self._record = record
        self._turn = threading.Lock()
        self._positions = Positions(path, source)

    @property
    def after(self) -> dict[str, int]:
        """The number of the last message of each partition."""
        return self._positions.after

    def take(self, partition: str, messages: Sequence[Message]) -> None:
        """Make what messages say durable, then note that they were taken; what was taken before is left out."""
        with self._turn:
            fresh = [one for one in messages if one.number > self.after.get(partition, -1)]
            documents = [entry for one in fresh for entry in envelopes_of_message(one.body)]
            for start in range(0, len(documents), _BATCH):
                self._record(documents[start : start + _BATCH])
            if fresh:
                self._positions.advance({**self.after, partition: fresh[-1].number})

    def __enter__(self) -> Consumer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._positions.release()
