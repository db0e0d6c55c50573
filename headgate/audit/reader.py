"""Reads a ledger by its checkpoint: entries, ranges of hashes, proofs. Takes no lock and writes nothing."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headgate.audit.canonical import parse
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.folder import Folder
from headgate.audit.frontier import Frontier
from headgate.audit.merkle import HASH, WIDTH, consistency_proof, fold, inclusion_proof, perfect_root
from headgate.audit.tiles import Tile, entries_of, hash_at, partial_tiles_of
from headgate.errors import HeadgateError

_POLL = 0.05


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
    return frontier


def _unreadable(folder: Folder, found: str) -> HeadgateError:
    """Return the error of a ledger whose tiles are not what its checkpoint says."""
    return HeadgateError(
        "the ledger is damaged",
        where=str(folder.root),
        found=found,
        fix="run `headgate audit verify` to see the first bad tile, and restore it from a copy",
    )


def published(root: Path, size: int, timeout: float = 10.0) -> Checkpoint:
    """Return a ledger's checkpoint once it covers `size` entries, which its collector sees to every second.

    After `timeout` it is the newest there is: what was acknowledged is durable without one.
    """
    deadline = time.monotonic() + timeout
    while (checkpoint := LedgerReader(root).checkpoint).size < size and time.monotonic() < deadline:
        time.sleep(_POLL)
    return checkpoint


class LedgerReader:
    """A ledger as its current checkpoint has it."""

    def __init__(self, root: Path, key: Path | None = None) -> None:
        """Read the checkpoint and check its signature with a key file, or the ledger's own."""
        self.folder = Folder(root)
        self.folder.require()
        self.verifier = self.folder.verifier(key)
        try:
            self.note = self.folder.checkpoint.read_text()
            self.checkpoint = Checkpoint.open(self.note, self.verifier)
        except (OSError, ValueError) as error:
            raise HeadgateError(
                "the ledger's checkpoint can't be trusted",
                where=str(self.folder.checkpoint),
                found=str(error),
                fix="run `headgate audit verify`, with --key and the key that you know to be the ledger's",
            ) from error

    def _tile(self, level: int | None, index: int) -> bytes:
        """Return the tile of a level, as wide as the checkpoint has it."""
        width = self.checkpoint.size // (WIDTH ** (level or 0)) - index * WIDTH
        try:
            return read_tile(self.folder, Tile(level, index, min(width, WIDTH)))
        except (OSError, ValueError) as error:
            raise _unreadable(self.folder, str(error)) from error

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield entries with their indexes, in order."""
        end = self.checkpoint.size if stop is None else min(stop, self.checkpoint.size)
        while start < end:
            bundle = entries_of(self._tile(None, start // WIDTH))
            offset = start % WIDTH
            for entry in bundle[offset : offset + end - start]:
                yield start, entry
                start += 1
            if start % WIDTH and start < end:
                raise _unreadable(self.folder, f"{Tile(None, start // WIDTH).path} lacks entry {start}")

    def entry(self, index: int) -> bytes:
        """Return one entry's bytes."""
        if not 0 <= index < self.checkpoint.size:
            raise HeadgateError(
                f"there is no entry {index}",
                where=str(self.folder.root),
                expected=f"an index below {self.checkpoint.size}",
            )
        return next(self.entries(index, index + 1))[1]

    def document(self, entry: bytes) -> dict[str, Any]:
        """Return an entry with its payload, fetched and checked when it is kept apart."""
        document: dict[str, Any] = parse(entry)
        blob = document.get("blob")
        if blob is None:
            return document
        content = self.folder.blob(blob["sha256"]).read_bytes()
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
        tile = self._tile(level, position // WIDTH)
        offset = position % WIDTH
        return perfect_root(tile[offset * HASH : (offset + count) * HASH])

    def prove(self, index: int) -> str:
        """Return an inclusion proof as one text that stands alone (c2sp.org/tlog-proof)."""
        self.entry(index)
        hashes = inclusion_proof(index, self.checkpoint.size, self.range_hash)
        lines = [base64.b64encode(one).decode() for one in hashes]
        return "\n".join(["c2sp.org/tlog-proof@v1", f"index {index}", *lines, "", self.note])

    def prove_consistency(self, old: int) -> list[bytes]:
        """Return the proof that this ledger grew from one of `old` entries."""
        return consistency_proof(old, self.checkpoint.size, self.range_hash)

    def leaf(self, index: int) -> bytes:
        """Return the stored leaf hash of an entry."""
        return hash_at(self._tile(0, index // WIDTH), index % WIDTH)
