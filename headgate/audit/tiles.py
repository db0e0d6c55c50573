"""Names and bytes of tiles and entry bundles (c2sp.org/tlog-tiles). Reads and writes no file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from headgate.audit.merkle import HASH, WIDTH

LARGEST_ENTRY = 0xFFFF
_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])/(?P<index>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>[1-9]\d{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile's place: a level of hashes, or `entries`; its index; its width (256 when full)."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """The tile's path under the ledger."""
        level = "entries" if self.level is None else str(self.level)
        suffix = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{level}/{index_path(self.index)}{suffix}"

    @property
    def full(self) -> Tile:
        """The tile that this one becomes when it is full."""
        return Tile(self.level, self.index)

    @classmethod
    def from_path(cls, path: str) -> Tile | None:
        """Read a path; None when it names no tile."""
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        width = int(match["width"] or WIDTH)
        level = None if match["level"] == "entries" else int(match["level"])
        tile = cls(level, int(match["index"].replace("x", "").replace("/", "")), width)
        return tile if tile.path == path else None


def index_path(index: int) -> str:
    """Write an index as the specification does: 1234067 is x001/x234/067."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    return "/".join(reversed(groups))


def level_widths(size: int) -> Iterable[tuple[int, int]]:
    """Yield each level of a tree with the number of hashes that it holds."""
    level = 0
    while size:
        yield level, size
        level, size = level + 1, size // WIDTH


def tiles_of(size: int) -> Iterable[Tile]:
    """Yield every tile and bundle that a tree of this size must have."""
    for level, count in level_widths(size):
        full, rest = divmod(count, WIDTH)
        for kind in (None, 0) if level == 0 else (level,):
            yield from (Tile(kind, index) for index in range(full))
            if rest:
                yield Tile(kind, full, rest)


def partial_tiles_of(size: int) -> list[Tile]:
    """Return only the partial tiles of a tree of this size."""
    found = [Tile(level, count // WIDTH, count % WIDTH) for level, count in level_widths(size) if count % WIDTH]
    bundle = [Tile(None, size // WIDTH, size % WIDTH)] if size % WIDTH else []
    return bundle + found


def bundle_of(entries: Iterable[bytes]) -> bytes:
    """Return entries as a bundle: each behind its length as a big-endian uint16."""
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def entries_of(bundle: bytes) -> list[bytes]:
    """Split a bundle; ValueError when a length runs over its end."""
    found: list[bytes] = []
    at, end = 0, len(bundle)
    while at < end:
        start = at + 2
        at = start + (bundle[at] << 8 | bundle[at + 1] if start <= end else end)
        if at > end:
            raise ValueError(f"entry {len(found)} of the bundle runs over its end")
        found.append(bundle[start:at])
    return found


def hash_at(tile: bytes, position: int) -> bytes:
    """Return one hash of a tile."""
    return tile[position * HASH : (position + 1) * HASH]
