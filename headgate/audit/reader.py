"""Reads a ledger by its checkpoint: entries, ranges of hashes, proofs. Takes no lock and writes nothing."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from headgate.audit.canonical import parse
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.folder import Folder, unreadable
from headgate.audit.frontier import Frontier
from headgate.audit.merkle import (
    HASH,
    WIDTH,
    consistency_proof,
    fold,
    inclusion_proof,
    leaf_hashes,
    perfect_root,
    root_of_levels,
)
from headgate.audit.note import Verifier
from headgate.audit.proof import Growth, Inclusion
from headgate.audit.rotation import chain_of
from headgate.audit.tiles import Tile, entries_of, hash_at, level_widths, partial_tiles_of
from headgate.errors import HeadgateError

# Tiles of hashes that a reader keeps: a proof asks for each of its few several times.
_TILES = 64


def read_tile(folder: Folder, tile: Tile) -> bytes:
    """Return a tile's content; a partial one may have been replaced by the full one, which begins with it."""
    try:
        return folder.tile(tile).read_bytes()
    except FileNotFoundError:
        if tile.width == WIDTH:
            raise
    content = folder.tile(tile.full).read_bytes()
    if tile.level is not None:
        return content[: tile.width * HASH]
    return content[: sum(2 + len(entry) for entry in entries_of(content)[: tile.width])]


def load_frontier(folder: Folder, checkpoint: Checkpoint) -> Frontier:
    """Load the right edge at a checkpoint and refuse it unless it leads to the signed root."""
    frontier = Frontier(checkpoint.size)
    try:
        for tile in partial_tiles_of(checkpoint.size):
            content = read_tile(folder, tile)
            if tile.level is None:
                frontier.bundle = content
            else:
                frontier.levels += [b""] * (tile.level + 1 - len(frontier.levels))
                frontier.levels[tile.level] = content
        loaded = frontier.root
    except (OSError, ValueError) as error:
        raise _unreadable(folder, str(error)) from error
    if loaded != checkpoint.root:
        raise _unreadable(folder, "the tiles at its right edge do not lead to the signed root")
    if not _holds(frontier):
        # A writer would copy what is wrong in it into every tile that follows.
        raise _unreadable(folder, "the entries at its right edge are not those that were appended")
    return frontier


def _holds(frontier: Frontier) -> bool:
    """Say whether the partial bundle has the entries that the partial tile has the hashes of."""
    try:
        return leaf_hashes(entries_of(frontier.bundle)) == (frontier.levels[0] if frontier.levels else b"")
    except ValueError:
        return False


def _unreadable(folder: Folder, found: str) -> HeadgateError:
    """Return the error of a ledger whose tiles are not what its checkpoint says."""
    return HeadgateError(
        "the ledger is damaged",
        where=str(folder.root),
        found=found,
        fix="run `headgate audit verify` to see the first bad tile, and restore it from a copy",
    )


class LedgerReader:
    """A ledger as its current checkpoint has it."""

    def __init__(
        self, root: Path, key: Path | None = None, *, verifier: Verifier | None = None, folder: Folder | None = None
    ) -> None:
        """Read the checkpoint and check its signature: with a key, a key file, or the ledger's own.

        `folder` is the one at `root` where its files come from somewhere else.
        """
        self.folder = folder or Folder(root)
        self.folder.require()
        self._hashes: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._bundle: tuple[int, list[bytes]] = (-1, [])
        self.verifier = verifier or self.folder.verifier(key)
        try:
            self.note = self.folder.checkpoint.read_text()
            self.checkpoint = self._trusted()
        except (OSError, ValueError) as error:
            raise HeadgateError(
                "the ledger's checkpoint can't be trusted",
                where=str(self.folder.checkpoint),
                found=str(error),
                fix="run `headgate audit verify`, with --key and the key that you know to be the ledger's",
            ) from error

    def _trusted(self) -> Checkpoint:
        """Open the checkpoint with the key that is known, or with the one that took over from it.

        A key that is not the folder's own may have been replaced: what it signed after that does not count.
        """
        if self.verifier == self._claimed():
            return Checkpoint.open(self.note, self.verifier)
        chain = chain_of(self.folder, self.verifier)
        found = chain.open(self.note)
        self.verifier = chain.current
        return found

    def _claimed(self) -> Verifier | None:
        """Return the key that the folder says is its own."""
        try:
            return self.folder.verifier()
        except HeadgateError:
            return None

    def _tile(self, level: int | None, index: int) -> bytes:
        """Return the tile of a level, as wide as the checkpoint has it."""
        width = self.checkpoint.size // (WIDTH ** (level or 0)) - index * WIDTH
        try:
            return read_tile(self.folder, Tile(level, index, min(width, WIDTH)))
        except PermissionError as error:
            raise unreadable(self.folder.root, error) from error
        except (OSError, ValueError) as error:
            raise _unreadable(self.folder, str(error)) from error

    def _hash_tile(self, level: int, index: int) -> bytes:
        """Return a tile of hashes, from memory where it was read lately: at one checkpoint it can't change."""
        tile = self._hashes.get((level, index))
        if tile is None:
            tile = self._hashes[level, index] = self._signed(level, index)
            if len(self._hashes) > _TILES:
                self._hashes.popitem(last=False)
        return tile

    def _signed(self, level: int, index: int) -> bytes:
        """Return a tile of hashes that the signed root was made from: who changed an entry could change its tile, too.

        A full one is held against the tile above it, and so on up to the right edge.
        """
        if index == self.checkpoint.size // WIDTH ** (level + 1):
            return self._edge[level]
        tile = self._tile(level, index)
        above = self._hash_tile(level + 1, index // WIDTH)
        if len(tile) != WIDTH * HASH or perfect_root(tile) != hash_at(above, index % WIDTH):
            raise _unreadable(
                self.folder, f"{Tile(level, index).path} is not the one that the signed root was made from"
            )
        return tile

    @cached_property
    def _edge(self) -> list[bytes]:
        """The hashes in the partial tile of each level, level 0 first, which together make the signed root."""
        size = self.checkpoint.size
        levels = [self._tile(level, count // WIDTH) if count % WIDTH else b"" for level, count in level_widths(size)]
        if root_of_levels(levels) != self.checkpoint.root:
            raise _unreadable(self.folder, "the tiles at its right edge do not lead to the signed root")
        return levels

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield entries with their indexes, in order."""
        end = self.checkpoint.size if stop is None else min(stop, self.checkpoint.size)
        while start < end:
            bundle = self._entries_of(start // WIDTH)
            offset = start % WIDTH
            for entry in bundle[offset : offset + end - start]:
                yield start, entry
                start += 1
            if start % WIDTH and start < end:
                raise _unreadable(self.folder, f"{Tile(None, start // WIDTH).path} lacks entry {start}")

    def marked(self, marks: Sequence[bytes], start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Yield the entries in which one of some marks occurs, in order: each as it was appended, by its hash.

        Most bundles of a long ledger have none, and are not taken apart.
        """
        size = self.checkpoint.size
        for first in range(start - start % WIDTH, size, WIDTH):
            bundle = self._tile(None, first // WIDTH)
            if not any(mark in bundle for mark in marks):
                continue
            entries = self._split(first // WIDTH, bundle)
            if len(entries) < min(WIDTH, size - first):
                raise _unreadable(self.folder, f"{Tile(None, first // WIDTH).path} lacks entry {first + len(entries)}")
            for index, entry in enumerate(entries, first):
                if index >= start and any(mark in entry for mark in marks):
                    yield index, self._genuine(index, entry)

    def entry(self, index: int) -> bytes:
        """Return one entry's bytes, as appended; its bundle is kept, since one often asks for its neighbours."""
        self._require(index)
        number, position = divmod(index, WIDTH)
        if self._bundle[0] != number:
            self._bundle = (number, self._entries_of(number))
        if position >= len(self._bundle[1]):
            raise _unreadable(self.folder, f"{Tile(None, number).path} lacks entry {index}")
        return self._genuine(index, self._bundle[1][position])

    def _genuine(self, index: int, entry: bytes) -> bytes:
        """Return an entry, unless the tree has the hash of another."""
        if leaf_hashes([entry]) != self.leaf(index):
            where = Tile(None, index // WIDTH).path
            raise _unreadable(self.folder, f"entry {index}, in {where}, is not the one that was appended")
        return entry

    def _entries_of(self, number: int) -> list[bytes]:
        """Return the entries of one bundle."""
        return self._split(number, self._tile(None, number))

    def _split(self, number: int, bundle: bytes) -> list[bytes]:
        try:
            return entries_of(bundle)
        except ValueError as error:
            raise _unreadable(self.folder, f"{Tile(None, number).path}: {error}") from error

    def _require(self, index: int) -> None:
        """Refuse an index that the checkpoint does not cover."""
        if not 0 <= index < self.checkpoint.size:
            raise HeadgateError(
                f"there is no entry {index}",
                where=str(self.folder.root),
                expected=f"an index below {self.checkpoint.size}",
                fix="headgate audit tail, which shows the last entries with their indexes",
            )

    def document(self, entry: bytes) -> dict[str, Any]:
        """Return an entry with its payload, fetched and checked when it is kept apart."""
        document: dict[str, Any] = parse(entry)
        blob = document.get("blob")
        if blob is None:
            return document
        try:
            content = self.folder.blob(blob["sha256"]).read_bytes()
        except OSError as error:
            raise _unreadable(self.folder, f"payload {blob['sha256']}: {error.strerror}") from error
        if self.folder.digest(content) != blob["sha256"]:
            raise _unreadable(self.folder, f"payload {blob['sha256']} does not match its hash")
        return {**document, "data": parse(content)}

    def range_hash(self, low: int, high: int) -> bytes:
        """Return the root over D[low:high], from stored tiles."""
        found = []
        while low < high:
            width = 1 << ((high - low).bit_length() - 1)
            found.append(self._perfect(low, width))
            low += width
        return fold(found)

    def _perfect(self, start: int, width: int) -> bytes:
        """Return the root of one perfect subtree."""
        level, unit = 0, 1
        while unit * WIDTH <= width:
            level, unit = level + 1, unit * WIDTH
        position, count = start // unit, width // unit
        tile = self._hash_tile(level, position // WIDTH)
        offset = position % WIDTH
        return perfect_root(tile[offset * HASH : (offset + count) * HASH])

    def prove(self, index: int) -> str:
        """Return an inclusion proof as one text that stands alone (c2sp.org/tlog-proof)."""
        self._require(index)
        return Inclusion(index, tuple(inclusion_proof(index, self.checkpoint.size, self.range_hash)), self.note).text

    def prove_consistency(self, old: int) -> list[bytes]:
        """Return the proof that this ledger grew from one of `old` entries."""
        return consistency_proof(old, self.checkpoint.size, self.range_hash)

    def prove_growth(self, note: str) -> str:
        """Return the proof that this ledger grew out of a checkpoint, with both notes; ValueError when it did not."""
        old = Checkpoint.open(note, self.verifier)
        if old.size > self.checkpoint.size:
            raise ValueError(f"it has {old.size} entries, and the ledger {self.checkpoint.size}: it was rolled back")
        growth = Growth(note, self.note, tuple(self.prove_consistency(old.size)) if old.size else ())
        growth.check(self.verifier)
        return growth.text

    def leaf(self, index: int) -> bytes:
        """Return the leaf hash of an entry, as the signed root was made from it."""
        return hash_at(self._hash_tile(0, index // WIDTH), index % WIDTH)
