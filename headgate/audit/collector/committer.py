"""Group commit: requests that arrive while one is being flushed share the next flush.

Owns the open ledger and its one thread. Answers a request only when its entries are durable; publishes a checkpoint at
most once a second, so that a busy ledger signs no tree head for every request.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from headgate.audit.blobs import TakenError
from headgate.audit.entry import Alarm, Kind
from headgate.audit.place import Place
from headgate.errors import HeadgateError

PUBLISH_EVERY = 1.0
# How often another writer of the same blobs may be faster before a client is told to try again.
_TURNS = 8
_REQUESTS_A_COMMIT = 256
_WAITING_REQUESTS = 1024
# What waits is in memory: beyond this, clients are told to try again, and keep it themselves.
_WAITING_BYTES = 64 * 1024 * 1024

Documents = Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class _Request:
    """Documents on their way, and who waits for them."""

    documents: Documents
    size: int
    done: asyncio.Future[range]


class Committer:
    """The ledger's only writer while the collector runs."""

    def __init__(self, place: Place) -> None:
        """Open the ledger; recovery happens here."""
        self.place = place
        self._ledger = place.open(5.0)
        self._queue: asyncio.Queue[_Request] = asyncio.Queue(_WAITING_REQUESTS)
        self._waiting = 0
        # How many payloads were withheld since this process began.
        self.withheld = 0
        # Each is there from the beginning: of a counter that comes into being Prometheus sees no increase.
        self.alarms = dict.fromkeys(Alarm, 0)
        self._thread = ThreadPoolExecutor(1, "ledger")
        self._published = time.monotonic()
        # Why the ledger could not be opened again; and what was last found of the disk, and when.
        self._shut = ""
        self._tried: tuple[float, str] | None = None

    @property
    def size(self) -> int:
        """How many entries are durable."""
        return self._ledger.size

    @property
    def published(self) -> int:
        """How many entries the newest checkpoint covers."""
        return self._ledger.published

    async def submit(self, documents: Documents, size: int) -> range:
        """Return the indexes once the documents are durable; asyncio.QueueFull when too much waits already.

        `size` is what they take in memory, roughly: the length that they came with.
        """
        if self._waiting and self._waiting + size > _WAITING_BYTES:
            raise asyncio.QueueFull
        request = _Request(documents, size, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(request)
        self._waiting += size
        indexes = await request.done
        for document in documents:
            if document["kind"] == Kind.ALERT and (alarm := _alarm(document)):
                self.alarms[alarm] += 1
        return indexes

    async def refusal(self) -> str:
        """Return why no entry can be kept now, or nothing. Tried, not remembered: who is not ready is sent nothing."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._try_out)

    async def run(self) -> None:
        """Commit and publish until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            batch = await self._next_batch()
            if batch:
                outcomes = await loop.run_in_executor(self._thread, self._commit, [one.documents for one in batch])
                for request, outcome in zip(batch, outcomes, strict=True):
                    self._waiting -= request.size
                    _settle(request.done, outcome)
            if time.monotonic() - self._published >= PUBLISH_EVERY:
                await loop.run_in_executor(self._thread, self._publish)

    async def _next_batch(self) -> list[_Request]:
        """Wait for a request, at most until a checkpoint is due, and take what else is there."""
        batch = []
        with contextlib.suppress(TimeoutError):
            # Without anything to publish there is nothing to wake up for.
            is_idle = self.size == self.published
            batch.append(await asyncio.wait_for(self._queue.get(), None if is_idle else PUBLISH_EVERY))
        while batch and len(batch) < _REQUESTS_A_COMMIT and not self._queue.empty():
            batch.append(self._queue.get_nowait())
        return batch

    def _commit(self, requests: list[Documents]) -> list[range | Exception]:
        """Make the documents of several requests durable with one flush; each gets its own outcome."""
        encoded = [self._encode(documents) for documents in requests]
        try:
            indexes = self._append([entry for one in encoded if isinstance(one, list) for entry in one])
        except HeadgateError as error:
            self._reopen()
            return [error for _ in encoded]
        # What the ledger added of its own are alarms.
        self.withheld += self._ledger.size - indexes.stop
        outcomes: list[range | Exception] = []
        first = indexes.start
        for one in encoded:
            if isinstance(one, list):
                outcomes.append(range(first, first + len(one)))
                first += len(one)
            else:
                outcomes.append(one)
        return outcomes

    def _append(self, entries: list[bytes]) -> range:
        """Append; where another writer of the same blobs was faster, nothing of ours is recorded: once more."""
        for _ in range(_TURNS):
            try:
                return self._ledger.append(entries)
            except TakenError:
                self._reopen()
        return self._ledger.append(entries)

    def _encode(self, documents: Documents) -> list[bytes] | Exception:
        """Return the stored form of one request's documents, or why there is none."""
        try:
            return [self._ledger.encode(document) for document in documents]
        except (ValueError, OSError, HeadgateError) as error:
            return error

    def _publish(self) -> None:
        """Sign a checkpoint over what is durable; a failure is retried, since nothing is lost by it."""
        self._published = time.monotonic()
        try:
            self._ledger.publish()
        except HeadgateError:
            self._reopen()

    def _reopen(self) -> None:
        """Recover from a disk that refused; until it accepts again, each request fails."""
        try:
            self._ledger.close()
            self._ledger = self.place.open(1.0)
            self._shut = ""
        except (HeadgateError, OSError) as error:
            self._shut = _cause(error)

    def _try_out(self) -> str:
        """Try whether the disk takes an entry, at most once a second; with room again, the ledger is open again."""
        if self._tried is None or time.monotonic() - self._tried[0] >= PUBLISH_EVERY:
            self._tried = time.monotonic(), self._found()
        return self._tried[1]

    def _found(self) -> str:
        try:
            self.place.try_out()
        except (HeadgateError, OSError) as error:
            return _cause(error)
        if self._shut:
            self._reopen()
        return self._shut

    def close(self) -> None:
        """Publish what is durable and let the next writer in."""
        self._thread.shutdown(wait=True)
        self._ledger.close()


def _cause(error: HeadgateError | OSError) -> str:
    """Return in a line what refused."""
    told = error.strerror if isinstance(error, OSError) else error.found
    return str(told or error).splitlines()[0]


def _settle(done: asyncio.Future[range], outcome: range | Exception) -> None:
    """Answer a request, unless its client went away."""
    if done.done():
        return
    if isinstance(outcome, Exception):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)


def _alarm(document: Mapping[str, Any]) -> Alarm | None:
    """Return what an alert's entry is about, if it is one of the gates' own."""
    data = document.get("data")
    told = data.get("alert") if isinstance(data, Mapping) else None
    return next((each for each in Alarm if each == told), None)
