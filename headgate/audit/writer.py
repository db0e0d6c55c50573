"""The single writer of a ledger.

`append` makes entries durable in the write-ahead file and returns their indexes: from then on they can't be lost.
`publish` moves them into tiles and signs the checkpoint over them. Opening finishes what a crash interrupted. Order is
what makes every instant safe: tiles are durable before the checkpoint that covers them, the checkpoint before the
write-ahead file is cleared.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from headgate.audit import wal
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.durable import IMMUTABLE, flush_folder, flush_folders, write_many, write_new
from headgate.audit.entry import Entry, Kind, alarms, encode, withheld
from headgate.audit.folder import Folder
from headgate.audit.frontier import Frontier
from headgate.audit.lock import WriterLock
from headgate.audit.note import Signer, signature_lines
from headgate.audit.persons import Persons
from headgate.audit.reader import load_frontier
from headgate.audit.rotation import Rotation
from headgate.audit.tiles import LARGEST_ENTRY, Tile, bundle_of
from headgate.errors import HeadgateError

# Entries wait for a checkpoint in memory, too: all that a writer's memory grows by, the more the faster they come.
_PUBLISH_AT = 4 * 1024 * 1024


class Ledger:
    """An open ledger. Use as a context manager: leaving it publishes and lets the next writer in."""

    def __init__(self, root: Path, *, origin: str | None = None, wait: float = 0.0) -> None:
        """Open or begin the ledger in a folder; `wait` is how long to wait for another writer."""
        self.folder = Folder(root)
        self.folder.create(origin)
        self._persons = Persons(root)
        self._lock = WriterLock(self.folder.lock, wait)
        try:
            self._signer: Signer = self.folder.signer(origin)
            self._next: Signer | None = self.folder.next_signer()
            self._open()
        except BaseException as error:
            self._lock.release()
            if isinstance(error, OSError):
                raise _unwritable(self.folder, error) from error
            raise

    def _open(self) -> None:
        """Load the right edge, verify it against the checkpoint, and take up what was acknowledged."""
        for leftover in self.folder.scratch.iterdir():
            leftover.unlink()
        self._checkpoint = self._load_checkpoint()
        self._frontier = load_frontier(self.folder, self._checkpoint)
        recovered = wal.recover(self.folder.pending)
        if recovered.damage:
            raise _damaged(self.folder.pending, recovered.damage)
        try:
            entries = recovered.entries_from(self._checkpoint.size)
        except ValueError as error:
            raise _damaged(self.folder.pending, str(error)) from error
        self._settle_rotation(entries)
        self._pending = wal.WriteAheadFile(self.folder.pending, recovered.length)
        self._full: list[tuple[Tile, bytes]] = list(self._frontier.extend(entries))
        self._is_broken = self._is_closed = False
        try:
            if entries or not self.folder.checkpoint.exists():
                self.publish()
            elif recovered.length:
                self._pending.clear()
        except BaseException:
            # A collector whose disk is full tries again with each request.
            self._pending.close()
            raise

    def _load_checkpoint(self) -> Checkpoint:
        """Return the current tree head, having made sure that it is kept; refuse one older than the kept ones."""
        if not self.folder.checkpoint.exists():
            if self.folder.kept_files():
                raise _damaged(self.folder.checkpoint, "it is missing, and signed checkpoints are kept")
            return Checkpoint(self._signer.name, 0, Frontier().root)
        try:
            note = self.folder.checkpoint.read_text()
            checkpoint = Checkpoint.open(note, self._signer.verifier)
        except ValueError as error:
            raise _damaged(self.folder.checkpoint, str(error)) from error
        try:
            newest = self.folder.newest_kept()
            newest_size = Checkpoint.open(newest, self._signer.verifier).size if newest else 0
        except ValueError as error:
            raise _damaged(self.folder.kept, str(error)) from error
        if newest_size > checkpoint.size:
            raise _damaged(self.folder.checkpoint, "a newer signed checkpoint is kept: this one was rolled back")
        self.folder.keep_checkpoint(note)
        return checkpoint

    def _settle_rotation(self, entries: Sequence[bytes]) -> None:
        """Finish a rotation that a crash interrupted behind its entry, or forget one that never got there."""
        if self._next is None:
            return
        if self._next.verifier.key_id in self._signatures():
            self._take_over()
            return
        try:
            waiting = Rotation.of_entry(entries[-1], self._checkpoint.size + len(entries) - 1) if entries else None
        except ValueError:
            waiting = None  # somebody's entry that only looks like one
        if waiting is None or (waiting.old, waiting.new) != (self._signer.verifier, self._next.verifier):
            self._next = None
            self.folder.next_key.unlink()

    def _signatures(self) -> set[bytes]:
        """Return the ids of the keys that signed the current checkpoint."""
        if not self.folder.checkpoint.exists():
            return set()
        return {raw[:4] for _, raw in signature_lines(self.folder.checkpoint.read_text())[1]}

    def _take_over(self) -> None:
        """Sign with the new key from now on."""
        if self._next is not None:
            self.folder.end_rotation(self._next)
            self._signer, self._next = self._next, None

    def rotate(self) -> Rotation:
        """Replace the signing key: an entry that both sign, a checkpoint that both sign, then the new one alone."""
        self.publish()
        try:
            new = self.folder.begin_rotation(self._signer.name)
            rotation = Rotation(self.size, self._signer.verifier, new.verifier)
            entry = Entry(Kind.ROTATION, self._signer.name, {"note": rotation.sign(self._signer, new)})
            self.append_documents([entry.as_json()])
            self._next = new
            self.publish()
        except OSError as error:
            self._is_broken = True
            raise _unwritable(self.folder, error) from error
        return rotation

    @property
    def size(self) -> int:
        """How many entries are durable."""
        return self._frontier.size

    @property
    def published(self) -> int:
        """How many entries the newest checkpoint covers that readers can have."""
        return self._checkpoint.size

    @property
    def checkpoint(self) -> Checkpoint:
        """The newest signed tree head."""
        return self._checkpoint

    def append_documents(self, documents: Iterable[Mapping[str, Any]]) -> range:
        """Append envelopes (see `entry`) and return their indexes; ValueError when one can't be kept."""
        return self.append([self.encode(document) for document in documents])

    def encode(self, document: Mapping[str, Any]) -> bytes:
        """Return an envelope's stored bytes, people and secrets hidden; ValueError when it can't be kept."""
        try:
            hidden = self._persons.hide(dict(document))
        except RecursionError:
            hidden = self._persons.hide(withheld(document, "nested too deeply to find the people in it"))
        return encode(hidden, self.folder.keep_blob)

    def append(self, entries: Sequence[bytes]) -> range:
        """Make entries durable, in order and all of them, and return their indexes.

        Behind them come the alarms about those whose payload was withheld.
        """
        if self._is_broken:
            raise HeadgateError(
                "the ledger can't be written",
                where=str(self.folder.root),
                fix="close it and open it again, which recovers it",
            )
        if any(len(entry) > LARGEST_ENTRY for entry in entries):
            raise ValueError(f"an entry is over {LARGEST_ENTRY} bytes")
        first, stop = self.size, self.size + len(entries)
        if entries:
            entries = [*entries, *alarms(entries)]
            try:
                self._commit(wal.encode_frame(first, len(entries), bundle_of(entries)))
            except OSError as error:
                self._is_broken = True
                raise _unwritable(self.folder, error) from error
            self._full.extend(self._frontier.extend(entries))
            if self._pending.length > _PUBLISH_AT:
                self.publish()
        return range(first, stop)

    def _commit(self, frame: bytes) -> None:
        """Make the frame behind the last entry durable."""
        self._pending.commit(frame)

    def publish(self) -> Checkpoint:
        """Write tiles and sign the checkpoint over everything that was appended."""
        if self._checkpoint.size == self.size and self.folder.checkpoint.exists():
            return self._checkpoint
        try:
            self._write_tiles()
            checkpoint = Checkpoint(self._signer.name, self.size, self._frontier.root)
            note = checkpoint.sign(self._signer) + (self._next.line(checkpoint.text) if self._next else "")
            write_new(self.folder.checkpoint, note.encode(), self.folder.scratch)
            flush_folder(self.folder.root)
            self.folder.keep_checkpoint(note)
            self._checkpoint = checkpoint
            self._pending.clear()
            self._drop_partials()
            self._take_over()
        except OSError as error:
            self._is_broken = True
            raise _unwritable(self.folder, error) from error
        return checkpoint

    def _write_tiles(self) -> None:
        """Write full tiles, which nobody changes again, and the partial ones of this size."""
        new: list[tuple[Path, bytes]] = []
        for tile, content in [*self._full, *self._frontier.partials()]:
            path = self.folder.tile(tile)
            if not path.exists():
                new.append((path, content))
            # Only a crash between tiles and checkpoint leaves one; what it must hold is settled.
            elif path.read_bytes() != content:
                raise _damaged(path, "it differs from what the entries hash to")
        write_many(new, self.folder.scratch, IMMUTABLE)
        flush_folders({path.parent for path, _ in new}, self.folder.root)

    def _drop_partials(self) -> None:
        """Remove the partial tiles of tiles that are full now, which the specification allows."""
        for tile, _ in self._full:
            shutil.rmtree(f"{self.folder.tile(tile)}.p", ignore_errors=True)
        self._full.clear()

    def close(self) -> None:
        """Publish what waits and let the next writer in; a second call does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            if not self._is_broken:
                self.publish()
        finally:
            self._pending.close()
            self._lock.release()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _damaged(path: Path, found: str) -> HeadgateError:
    """Return the error of a ledger that no crash leaves so."""
    return HeadgateError(
        "the ledger is damaged: nothing is appended to it",
        where=str(path),
        found=found,
        fix="run `headgate audit verify` to see what is affected, and restore the file from a copy",
    )


def _unwritable(folder: Folder, error: OSError) -> HeadgateError:
    """Return the error of a disk that refuses."""
    return HeadgateError(
        "the ledger can't be written; nothing that was acknowledged is lost",
        where=error.filename or str(folder.root),
        found=error.strerror or str(error),
        fix="make room or correct the folder's owner and mode; opening the ledger again recovers it",
    )
