"""A ledger in Azure Blob Storage: the same files under the same names, and one blob for each commit.

What is acknowledged is `commits/<index of its first entry>`, a frame of the write-ahead file that is written if nobody
wrote it before, and never again. So there is one history, whoever writes: two writers at the same size claim the same
name, and the second is refused. Tiles follow from the commits alone; the checkpoint is replaced only as it was read. A
writer works on a copy of the right edge in a directory of its own, made from the blobs each time and thrown away.
"""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from headgate.audit import wal
from headgate.audit.blobs import Blobs, TakenError
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.entry import encode
from headgate.audit.folder import KEY_VARIABLE, Folder
from headgate.audit.merkle import WIDTH
from headgate.audit.note import signature_lines
from headgate.audit.persons import Persons
from headgate.audit.tiles import Tile, partial_tiles_of
from headgate.audit.verify import Report
from headgate.audit.writer import Ledger
from headgate.errors import HeadgateError

_COMMITS = "commits/"


class PublishedError(HeadgateError):
    """Somebody else has published first: what was acknowledged is recorded."""


class BlobLedger(Ledger):
    """An open ledger in Blob Storage. Use `open_ledger`."""

    def __init__(self, blobs: Blobs, *, origin: str | None = None) -> None:
        """Make the copy, and open it."""
        self._blobs, self._writer = blobs, uuid.uuid4().hex
        self._copy = tempfile.TemporaryDirectory(prefix="headgate-ledger-")
        try:
            # How the checkpoint is known that the copy has.
            copy = Folder(Path(self._copy.name))
            self._known = _edge(blobs, copy.root)
            # The note that the blobs have: the copy's is ahead of it while it is uploaded.
            self._published = copy.checkpoint.read_text() if self._known else ""
            super().__init__(copy.root, origin=origin)
            self._covered = self._checkpoint.size if self._known else 0
            self._persons = Persons(beside_key())
        except BaseException:
            self._copy.cleanup()
            raise

    @property
    def published(self) -> int:
        """How many entries the blobs' checkpoint covers: the copy's is ahead of it while it is uploaded."""
        return self._covered

    def close(self) -> None:
        """Publish what waits, and throw the copy away."""
        try:
            super().close()
        finally:
            self._copy.cleanup()

    def encode(self, document: Mapping[str, Any]) -> bytes:
        """Return an envelope's stored bytes; a payload that is kept apart is a blob before its entry is."""
        return encode(self._persons.hide(dict(document)), self._keep_payload)

    def _keep_payload(self, content: bytes) -> str:
        digest = self.folder.keep_blob(content)
        self._blobs.create(self._name(self.folder.blob(digest)), content)
        return digest

    def _commit(self, frame: bytes) -> None:
        """Claim the place behind the last entry; what is in the blob is recorded, and nothing else is."""
        self._on_blobs(lambda: self._blobs.claim(_commit(self.size), frame, self._writer))
        super()._commit(frame)

    def publish(self) -> Checkpoint:
        """Publish in the copy, then in the blobs: tiles first, and the checkpoint last."""
        tiles = [*self._full, *self._frontier.partials()]
        if self._checkpoint.size == self.size and self._known is not None:
            return super().publish()
        checkpoint = super().publish()
        self._on_blobs(lambda: self._upload(tiles))
        return checkpoint

    def _upload(self, tiles: Sequence[tuple[Tile, bytes]]) -> None:
        for tile, content in tiles:
            self._blobs.create(tile.path, content)
        self._publish_key()
        note = self.folder.checkpoint.read_text()
        try:
            self._known = self._blobs.replace("checkpoint", note.encode(), self._known)
            self._published, self._covered = note, self._checkpoint.size
        except TakenError as error:
            raise PublishedError(
                "somebody else has published this ledger; what was acknowledged is recorded",
                where=self._blobs.address,
                found="a checkpoint that was replaced meanwhile",
                expected="one writer at a time",
                fix="run `headgate audit verify`, which shows both writers' entries",
            ) from error
        # Behind the checkpoint, as the folder has it: whoever replaced that one is the one who keeps it.
        newest = self.folder.kept_files()[-1]
        kept = self._blobs.read(self._name(newest))
        self._blobs.replace(self._name(newest), newest.read_bytes(), kept[1] if kept else None)
        self._take_over()

    def _on_blobs(self, work: Callable[[], None]) -> None:
        """Do something in the storage; after a failure nobody knows how far it got: it has to be opened anew."""
        try:
            work()
        except BaseException:
            self._is_broken = True
            raise

    def _take_over(self) -> None:
        """Sign with the new key once the blobs have a checkpoint that both signed: by the old one alone they open."""
        if self._next is not None and self._next.verifier.key_id in _signers(self._published):
            super()._take_over()
            self._publish_key()

    def _publish_key(self) -> None:
        """Have the blobs claim the key in force: what only an interrupted rotation leaves otherwise."""
        content = f"{self._signer.verifier}\n".encode()
        found = self._blobs.read("key.pub")
        if found is None or found[0] != content:
            self._blobs.replace("key.pub", content, found[1] if found else None)

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self.folder.root))


@contextmanager
def open_ledger(address: str, origin: str | None = None) -> Iterator[BlobLedger]:
    """Lend the ledger at an address, to append to it."""
    with closing(begin(address, origin)) as opened:
        yield opened


def append_once(address: str, documents: Sequence[Mapping[str, Any]], wait: float) -> range:
    """Append to the ledger at an address, and return the indexes: anew for so many seconds where others are faster.

    Who was faster took the place, and nothing of ours was recorded; or published, and what was acknowledged stays.
    """
    deadline, appended = time.monotonic() + wait, None
    while appended is None:
        try:
            with open_ledger(address) as ledger:
                appended = ledger.append_documents(documents)
        except (TakenError, PublishedError):
            if appended is None and time.monotonic() >= deadline:
                raise
    return appended


def begin(address: str, origin: str | None = None) -> BlobLedger:
    """Open the ledger at an address; its signing key is the file that HEADGATE_LEDGER_KEY names."""
    _key_file()
    return BlobLedger(Blobs.of(address), origin=origin)


def beside_key() -> Path:
    """Return the folder of what is the writer's alone, and must be possible to forget: nothing in the blobs is."""
    return Path(f"{_key_file()}.own")


def _key_file() -> str:
    """Return the file of the signing key, which is in no blob."""
    if path := os.environ.get(KEY_VARIABLE):
        return path
    raise HeadgateError(
        "a ledger in Blob Storage has its signing key elsewhere",
        where=KEY_VARIABLE,
        found="nothing",
        expected="the file of the key; for a new ledger one that is not there yet",
        fix=f"export {KEY_VARIABLE}=/somewhere/safe/ledger.key",
    )


def _signers(note: str) -> set[bytes]:
    """Return the ids of the keys that signed a note."""
    return {raw[:4] for _, raw in signature_lines(note)[1]} if note else set()


def verify_blobs(address: str, verified: Callable[[Path], Report]) -> Report:
    """Fetch every blob anew and have the folder of them verified: nothing that was fetched before is believed."""
    blobs = Blobs.of(address)
    with tempfile.TemporaryDirectory(prefix="headgate-ledger-") as name:
        root = Path(name)
        for blob in blobs.names():
            if not blob.startswith(_COMMITS):
                _fetch(blobs, root, blob)
        _fetch_commits(blobs, root, _size(root))
        report = verified(root)
    report.where = blobs.address
    return report


def _edge(blobs: Blobs, root: Path) -> str | None:
    """Make a copy of all that a writer needs, and return how its checkpoint is known."""
    known = _fetch(blobs, root, "checkpoint")
    _fetch(blobs, root, "key.pub")
    for name in blobs.names():
        if name.startswith("checkpoints/"):
            _fetch(blobs, root, name)
    size = _size(root)
    for tile in partial_tiles_of(size):
        if _fetch(blobs, root, tile.path) is None and tile.width < WIDTH:
            _fetch(blobs, root, tile.full.path)
    _fetch_commits(blobs, root, size)
    return known


def _size(root: Path) -> int:
    """Return how many entries the checkpoint claims; whether it may, its reader finds out."""
    try:
        return int(Folder(root).checkpoint.read_text().split("\n")[1])
    except (OSError, ValueError, IndexError):
        return 0


def _fetch_commits(blobs: Blobs, root: Path, size: int) -> None:
    """Write what is acknowledged and in no checkpoint yet to where a folder has it."""
    found = b""
    while frame := blobs.read(_commit(size)):
        count = wal.count_of(frame[0])
        found, size = found + frame[0], size + count
        if not count:
            break  # damaged: whoever reads the copy says so
    Folder(root).pending.write_bytes(found)


def _fetch(blobs: Blobs, root: Path, name: str) -> str | None:
    """Copy one blob; None where there is none. A name that leads out of the copy is none of ours."""
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise HeadgateError("a blob has a name that no ledger has", where=blobs.address, found=name)
    found = blobs.read(name)
    if found is None:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(found[0])
    return found[1]


def _commit(first: int) -> str:
    return f"{_COMMITS}{first:020d}"
