"""Where a ledger is, for whoever serves it: a folder, or Azure Blob Storage. One interface over both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from headgate.audit.reader import LedgerReader
from headgate.audit.writer import Ledger


class Place(Protocol):
    """A ledger's place."""

    @property
    def folder(self) -> Path:
        """The folder on this machine in which the server says where it listens."""
        ...

    def open(self, wait: float) -> Ledger:
        """Open it for writing; what a crash interrupted is finished."""
        ...

    def reader(self, before: LedgerReader | None) -> LedgerReader:
        """Return a reader of the current checkpoint: the one from before as long as nothing changed."""
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

    def reader(self, before: LedgerReader | None) -> LedgerReader:
        """Return a reader of the current checkpoint."""
        note = (self.folder / "checkpoint").read_text()
        return before if before is not None and before.note == note else LedgerReader(self.folder)


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

    def reader(self, before: LedgerReader | None) -> LedgerReader:
        """Return a reader of the current checkpoint."""
        from headgate.audit.blob_reader import open_reader, reopened

        return open_reader(self.address) if before is None else reopened(before)


def place_of(ledger: Path) -> Place:
    """Return the place that a `--ledger` names; its folder is made."""
    from headgate.audit.blob_ledger import address_of

    address = address_of(ledger)
    if address is None:
        return FolderPlace(ledger.resolve())
    from headgate.audit.blob_reader import copy_of
    from headgate.audit.blobs import Blobs

    named = Blobs.of(address).address
    return BlobPlace(named, copy_of(named))
