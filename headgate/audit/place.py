"""Where a ledger is, for whoever serves it: a folder, or Azure Blob Storage. One interface over both."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from headgate.audit.address import address_of
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.durable import make_folder, write_new
from headgate.audit.folder import KEY_VARIABLE, Folder
from headgate.audit.lock import LOCK, WriterLock
from headgate.audit.note import Verifier
from headgate.audit.persons import Persons
from headgate.audit.reader import LedgerReader
from headgate.audit.tiles import LARGEST_ENTRY
from headgate.audit.writer import Ledger

_POLL = 0.05


class Place(Protocol):
    """A ledger's place."""

    @property
    def folder(self) -> Path:
        """The folder on this machine in which the server says where it listens."""
        ...

    def open(self, wait: float) -> Ledger:
        """Open it for writing; what a crash interrupted is finished."""
        ...

    def served(self) -> AbstractContextManager[None]:
        """Be this machine's server of it: while it lasts, who records here finds the server, and no second begins."""
        ...

    def reader(self, before: LedgerReader | None) -> LedgerReader:
        """Return a reader of the current checkpoint: the one from before as long as nothing changed."""
        ...

    def try_out(self) -> None:
        """Do nothing, where entries could be kept now; else raise what refuses them. For its server alone."""
        ...


@dataclass(frozen=True)
class FolderPlace:
    """A ledger in a folder of this machine."""

    folder: Path

    def __str__(self) -> str:
        return str(self.folder)

    def open(self, wait: float) -> Ledger:
        """Open it for writing."""
        return Ledger(self.folder, wait=wait)

    def served(self) -> AbstractContextManager[None]:
        """Be its server: whoever has it open for writing is, by the same lock."""
        return nullcontext()

    def reader(self, before: LedgerReader | None) -> LedgerReader:
        """Return a reader of the current checkpoint."""
        note = (self.folder / "checkpoint").read_text()
        return before if before is not None and before.note == note else LedgerReader(self.folder)

    def try_out(self) -> None:
        """Write, flush and remove as much as the largest entry takes."""
        scratch = Folder(self.folder).scratch
        probe = scratch / "probe"
        try:
            write_new(probe, bytes(LARGEST_ENTRY), scratch)
        finally:
            probe.unlink(missing_ok=True)


@dataclass(frozen=True)
class BlobPlace:
    """A ledger in Blob Storage, and the folder of what was fetched from it."""

    address: str
    folder: Path

    def __str__(self) -> str:
        return self.address

    def open(self, wait: float) -> Ledger:
        """Open it for writing; of two writers the second is refused, so there is nobody to wait for."""
        from headgate.audit.blob_ledger import begin

        return begin(self.address)

    @contextmanager
    def served(self) -> Iterator[None]:
        """Be its server on this machine, by a lock where a folder has the writer's: the storage has none."""
        make_folder(self.folder)
        lock = WriterLock(self.folder / LOCK)
        try:
            yield
        finally:
            lock.release()

    def reader(self, before: LedgerReader | None) -> LedgerReader:
        """Return a reader of the current checkpoint."""
        from headgate.audit.blob_reader import open_reader, reopened

        return open_reader(self.address) if before is None else reopened(before)

    def try_out(self) -> None:
        """Ask the storage for the checkpoint: whether it would take a blob, only a blob could tell."""
        from headgate.audit.blobs import Blobs

        Blobs.of(self.address).read("checkpoint")


def place_of(ledger: Path) -> Place:
    """Return the place that a `--ledger` names."""
    address = address_of(ledger)
    if address is None:
        return FolderPlace(ledger.resolve())
    from headgate.audit.blob_reader import copy_of
    from headgate.audit.blobs import Blobs

    named = Blobs.of(address).address
    return BlobPlace(named, copy_of(named))


def read(ledger: Path, key: Path | None = None, verifier: Verifier | None = None) -> LedgerReader:
    """Read a ledger, in its folder or in Blob Storage."""
    address = address_of(ledger)
    if address is None:
        return LedgerReader(ledger, key, verifier=verifier)
    from headgate.audit.blob_reader import open_reader

    return open_reader(address, key, verifier)


def is_begun(ledger: Path) -> bool:
    """Say whether there is anything to read: a folder without a checkpoint is a ledger that has not begun."""
    address = address_of(ledger)
    if address is None:
        return (ledger / "checkpoint").is_file()
    from headgate.audit.blobs import Blobs

    return Blobs.of(address).read("checkpoint") is not None


def published(ledger: Path, size: int, timeout: float = 10.0) -> Checkpoint:
    """Return a ledger's checkpoint once it covers `size` entries, which its collector sees to every second.

    After `timeout` it is the newest there is: what was acknowledged is durable without one.
    """
    deadline = time.monotonic() + timeout
    while (checkpoint := read(ledger).checkpoint).size < size and time.monotonic() < deadline:
        time.sleep(_POLL)
    return checkpoint


def require_writable(ledger: Path) -> None:
    """Refuse what can't be written from here by its address alone: before there is something to be recorded."""
    from headgate.audit.blob_ledger import beside_key

    if (address := address_of(ledger)) is not None:
        from headgate.audit.blobs import Blobs

        Blobs.of(address)
        beside_key()


def persons_of(ledger: Path) -> Persons:
    """Return who names the people of a ledger: beside the log, or beside the writer's key where the log is in blobs."""
    from headgate.audit.blob_ledger import beside_key

    return Persons(ledger if address_of(ledger) is None else beside_key())


def who_is(ledger: Path, name: str) -> str:
    """Return what stands for a person in a ledger: the pseudonym, where this machine knows one."""
    if address_of(ledger) is not None and not os.environ.get(KEY_VARIABLE):
        return name
    return persons_of(ledger).pseudonym_of(name) or name


def own_folder(ledger: Path) -> Path:
    """Return where this machine notes what it did with a ledger: in its folder, or beside the copy of its blobs."""
    if address_of(ledger) is None:
        return ledger
    place = place_of(ledger)
    return place.folder.with_name(f"{place.folder.name}.own")
