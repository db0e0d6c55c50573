"""Reads a ledger in Azure Blob Storage as a folder: by its checkpoint, and by the tiles that an answer takes.

Owns a copy under the user's cache, which holds what was fetched before: full tiles and payloads never change. The copy
is believed as little as the storage: it has to lead to the root that the key signed, or it is thrown away and fetched
anew. The index for searches is beside it.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from headgate.audit.blobs import Blobs
from headgate.audit.durable import make_folder
from headgate.audit.folder import Folder
from headgate.audit.lock import LOCK
from headgate.audit.note import Verifier
from headgate.audit.reader import LedgerReader
from headgate.audit.tiles import Tile, index_path
from headgate.errors import HeadgateError

_SERVER = ("collector.json", LOCK, "token")


@dataclass(frozen=True)
class BlobFolder(Folder):
    """A ledger's folder whose files come from Blob Storage as they are asked for."""

    blobs: Blobs

    def tile(self, tile: Tile) -> Path:
        """Return a tile's file, fetched unless it is here; one that is not there leaves none."""
        return self._fetched(tile.path)

    def blob(self, digest: str) -> Path:
        """Return the file of a payload, by its SHA-256 in hexadecimal."""
        return self._fetched(str(super().blob(digest).relative_to(self.root)))

    def cosigned(self, witness: str) -> str | None:
        """Return what a witness signed, as the blobs have it now."""
        found = self.blobs.read(self._witnessed(witness))
        return found[0].decode(errors="replace") if found else None

    def keep_cosigned(self, witness: str, note: str) -> None:
        """Keep what a witness signed, unless somebody else did meanwhile."""
        name = self._witnessed(witness)
        found = self.blobs.read(name)
        self.blobs.replace(name, note.encode(), found[1] if found else None)

    def _witnessed(self, witness: str) -> str:
        return str((self.witnessed / witness).relative_to(self.root))

    def kept_files(self) -> list[Path]:
        """Return the files of signed tree heads; those that another one follows are never written to again."""
        for number in itertools.count():
            path, following = (self.kept / index_path(each) for each in (number, number + 1))
            if not following.is_file():
                found = self.blobs.read(str(path.relative_to(self.root)))
                if found is None:
                    break
                self._keep(str(path.relative_to(self.root)), found[0])
        return super().kept_files()

    def refresh(self) -> None:
        """Fetch what may be another now: the key that the ledger claims, and the checkpoint."""
        for name in ("key.pub", "checkpoint"):
            found = self.blobs.read(name)
            if found is None:
                raise HeadgateError(
                    "there is no ledger here",
                    where=self.blobs.address,
                    expected=f"a blob `{name}`",
                    fix="name the ledger with --ledger, or begin one with `headgate audit append`",
                )
            self._keep(name, found[0])

    def _fetched(self, name: str) -> Path:
        path = self.root / name
        if not path.is_file() and (found := self.blobs.read(name)) is not None:
            self._keep(name, found[0])
        return path

    def _keep(self, name: str, content: bytes) -> None:
        """Write a file, whole or not at all: another process may read the same copy."""
        path = self.root / name
        make_folder(path.parent)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_bytes(content)
        fresh.replace(path)


def open_reader(address: str, key: Path | None = None, verifier: Verifier | None = None) -> LedgerReader:
    """Return a reader of the ledger at an address, as its checkpoint is now."""
    blobs = Blobs.of(address)
    folder = BlobFolder(copy_of(blobs.address), blobs)
    try:
        return _opened(folder, key, verifier)
    except HeadgateError:
        # What was fetched before may be of a ledger that is there no more.
        _forget(folder.root)
    return _opened(folder, key, verifier)


def _opened(folder: BlobFolder, key: Path | None, verifier: Verifier | None) -> LedgerReader:
    """Return a reader whose right edge leads to the signed root."""
    folder.refresh()
    reader = LedgerReader(folder.root, key, verifier=verifier, folder=folder)
    reader.range_hash(0, reader.checkpoint.size)
    return reader


def _forget(root: Path) -> None:
    """Remove what was fetched; where a server listens that runs here is its own, and stays."""
    for child in root.iterdir() if root.is_dir() else ():
        if child.is_dir():
            shutil.rmtree(child, ignore_errors=True)
        elif child.name not in _SERVER:
            child.unlink(missing_ok=True)


def reopened(before: LedgerReader) -> LedgerReader:
    """Return a reader as the checkpoint is now: the same, unless somebody has published since."""
    folder = before.folder
    if isinstance(folder, BlobFolder) and (found := folder.blobs.read("checkpoint")) is not None:
        return before if found[0].decode() == before.note else open_reader(folder.blobs.address)
    return before


def copy_of(address: str) -> Path:
    """Return where the copy of a ledger is."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "headgate" / "ledgers" / hashlib.sha256(address.encode()).hexdigest()[:16]
