"""The right edge of a growing tree: all that a writer must hold to extend it.

Memory is one partial tile a level and one partial bundle, whatever the size of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from headgate.audit.merkle import HASH, WIDTH, leaf_hashes, perfect_root, root_of_levels
from headgate.audit.tiles import Tile, bundle_of, partial_tiles_of


@dataclass
class Frontier:
    """Partial tiles of each level (level 0 first) and the partial bundle, at `size` entries."""

    size: int = 0
    levels: list[bytes] = field(default_factory=list)
    bundle: bytes = b""

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        return root_of_levels(self.levels)

    def extend(self, entries: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Add entries; yield each bundle and tile that became full, entries before the hashes over them."""
        at = 0
        while at < len(entries):
            taken = entries[at : at + WIDTH - self.size % WIDTH]
            at += len(taken)
            self.size += len(taken)
            self.bundle += bundle_of(taken)
            hashes = leaf_hashes(taken)
            if self.size % WIDTH == 0:
                yield Tile(None, self.size // WIDTH - 1), self.bundle
                self.bundle = b""
            yield from self._push(0, hashes)

    def _push(self, level: int, hashes: bytes) -> Iterator[tuple[Tile, bytes]]:
        """Add hashes to a level, and the root of a tile that became full to the level above."""
        if level == len(self.levels):
            self.levels.append(b"")
        self.levels[level] += hashes
        if len(self.levels[level]) == WIDTH * HASH:
            tile = self.levels[level]
            yield Tile(level, (self.size // WIDTH ** (level + 1)) - 1), tile
            self.levels[level] = b""
            yield from self._push(level + 1, perfect_root(tile))

    def partials(self) -> list[tuple[Tile, bytes]]:
        """Return the partial tiles with their content."""
        return [
            (tile, self.bundle if tile.level is None else self.levels[tile.level])
            for tile in partial_tiles_of(self.size)
        ]
