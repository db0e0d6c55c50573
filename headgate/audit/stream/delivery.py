"""Delivers a ledger to one receiver: in order, each batch acknowledged and noted before the next is sent.

A process that ends between an acknowledgement and the cursor delivers that batch again: at least once, never less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from headgate.audit.note import Verifier
from headgate.audit.place import read
from headgate.audit.reader import LedgerReader
from headgate.audit.stream.cursor import Cursor, Position
from headgate.audit.stream.destination import Destination, TooLargeError, UnavailableError
from headgate.audit.stream.record import Record, proven
from headgate.errors import HeadgateError

_POLL = 0.5
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
# A receiver may ask for longer than we would wait, and not for ever.
_LONGEST_ASKED = 300.0


class Waiting(Protocol):
    """Being told to stop (see `stop`)."""

    @property
    def is_set(self) -> bool:
        """Say whether it was told."""
        ...

    def wait(self, seconds: float) -> bool:
        """Wait for so long, or until told; return whether it was."""
        ...


@dataclass(frozen=True)
class Progress:
    """How far a delivery is; `reason` says why it waits for so many seconds, where it does."""

    destination: str
    delivered: int | None
    lag: int
    waits: float | None = None
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the line for `--json`."""
        found = {"destination": self.destination, "delivered": self.delivered, "lag": self.lag}
        return found if self.reason is None else found | {"waits": self.waits, "reason": self.reason}


class _ToldToStopError(Exception):
    """The process was told to end while it waited for a receiver."""


@dataclass(frozen=True)
class Delivery:
    """One ledger, one receiver. `patience` is how many seconds of waiting it has for it, None for endless ones."""

    ledger: Path
    verifier: Verifier
    destination: Destination
    name: str
    cursor: Cursor
    stop: Waiting
    tell: Callable[[Progress], None]
    patience: float | None = None

    def run(self, *, follow: bool) -> bool:
        """Deliver what is published, and with `follow` what comes; return whether all of it was delivered."""
        is_first = True
        try:
            while not self.stop.is_set:
                reader = read(self.ledger, verifier=self.verifier)
                self.cursor.require_grown(reader)
                if is_first and self.cursor.position.next == reader.checkpoint.size:
                    self.tell(self._progress(reader))
                is_first = False
                if self._deliver(reader) and not follow:
                    return True
                if follow:
                    self.stop.wait(_POLL)
        except _ToldToStopError:
            pass
        return False

    def _deliver(self, reader: LedgerReader) -> bool:
        """Deliver everything under a checkpoint; return False when told to stop on the way."""
        for page in proven(reader, self.cursor.position.next):
            for batch in self._batches(page):
                self._send(reader, batch)
                if self.stop.is_set:
                    return self.cursor.position.next == reader.checkpoint.size
        return True

    def _batches(self, page: list[Record]) -> Iterator[list[tuple[int, bytes]]]:
        """Yield the encoded records of a page, with their indexes, as many at a time as the receiver should get."""
        batch: list[tuple[int, bytes]] = []
        size = 0
        for record in page:
            message = self.destination.encode(record)
            if batch and size + len(message) > self.destination.most_bytes:
                yield batch
                batch, size = [], 0
            batch.append((record.index, message))
            size += len(message)
        if batch:
            yield batch

    def _send(self, reader: LedgerReader, batch: list[tuple[int, bytes]]) -> None:
        """Send one batch and note it; one that is too large goes in halves, in order."""
        try:
            self._send_patiently(reader, [message for _, message in batch])
        except TooLargeError as error:
            if len(batch) == 1:
                raise self._too_large(*batch[0]) from error
            middle = len(batch) // 2
            self._send(reader, batch[:middle])
            self._send(reader, batch[middle:])
            return
        size = batch[-1][0] + 1
        self.cursor.advance(Position(size, reader.range_hash(0, size)))
        self.tell(self._progress(reader))

    def _send_patiently(self, reader: LedgerReader, messages: list[bytes]) -> None:
        """Send until it is acknowledged, waiting longer each time."""
        wait, waited = _FIRST_WAIT, 0.0
        while True:
            try:
                self.destination.send(messages)
                return
            except UnavailableError as error:
                seconds = max(wait, min(error.after or 0.0, _LONGEST_ASKED))
                if self.patience is not None and waited + seconds > self.patience:
                    raise self._given_up(str(error), waited) from error
                self.tell(self._progress(reader, seconds, str(error)))
                if self.stop.wait(seconds):
                    raise _ToldToStopError from error
                wait, waited = min(wait * 2, _LONGEST_WAIT), waited + seconds

    def _progress(self, reader: LedgerReader, waits: float | None = None, reason: str | None = None) -> Progress:
        """Return how far it is."""
        done = self.cursor.position.next
        return Progress(self.name, done - 1 if done else None, reader.checkpoint.size - done, waits, reason)

    def _given_up(self, reason: str, waited: float) -> HeadgateError:
        """Return the error of a receiver that does not take anything."""
        return HeadgateError(
            "the receiver can't be reached: entries wait in the ledger",
            where=self.name,
            found=reason,
            expected=f"an acknowledgement, waited for {waited:g} seconds",
            fix="correct the receiver or --to, and run the command again: it goes on where it stopped",
        )

    def _too_large(self, index: int, message: bytes) -> HeadgateError:
        """Return the error of an entry that the receiver takes in no company."""
        return HeadgateError(
            "the receiver takes no entry of this size: nothing behind it is delivered",
            where=self.name,
            found=f"entry {index}, {len(message)} bytes, alone in its request",
            fix="raise the receiver's limit on a request, and run the command again: it goes on where it stopped",
        )
