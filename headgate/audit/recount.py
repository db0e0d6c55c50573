"""Recomputes a ledger's tree from its entries, in one pass and flat memory, and compares every tile with it.

Where a bundle and its tile differ, the tile above says which of the two was changed; the pass goes on with the good
one, so that one bad entry is one finding.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from headgate.audit.bundles import BLOB, Agreed, OverrunError, check_full_bundles, hash_bundle
from headgate.audit.canonical import parse
from headgate.audit.checkpoint import Checkpoint
from headgate.audit.folder import Folder
from headgate.audit.merkle import HASH, WIDTH, perfect_root, root_of_levels
from headgate.audit.reader import read_tile
from headgate.audit.tiles import Tile, entries_of, hash_at, level_widths, partial_tiles_of


@dataclass(frozen=True)
class Finding:
    """Something that does not hold: in which file, what, and the first entry that it concerns."""

    where: str
    what: str
    entry: int | None = None
    may_be_unfinished: bool = False

    @property
    def order(self) -> float:
        """Sort key: the first bad entry first, then what concerns none."""
        return float("inf") if self.entry is None else self.entry

    def __str__(self) -> str:
        entry = "" if self.entry is None else f"entry {self.entry}: "
        return f"{entry}{self.where}: {self.what}"


class Recount:
    """One pass over a ledger's entries up to a checkpoint."""

    def __init__(self, folder: Folder, checkpoint: Checkpoint, sizes: Iterable[int], findings: list[Finding]) -> None:
        """Note which tree sizes' roots are wanted; `findings` is appended to."""
        self._folder = folder
        self._checkpoint = checkpoint
        self._sizes = sorted((one for one in set(sizes) if one <= checkpoint.size), reverse=True)
        self._findings = findings
        self._levels: list[bytes] = [b""]
        self._visited: set[str] = set()
        self._seen_blobs: set[str] = set()
        self.roots: dict[int, bytes] = {}

    @property
    def payloads(self) -> int:
        """How many payloads were checked."""
        return len(self._seen_blobs)

    def run(self, progress: Callable[[int], None]) -> None:
        """Recompute the tree."""
        full, rest = divmod(self._checkpoint.size, WIDTH)
        self._take_roots(0, b"")
        for index, agreed in enumerate(check_full_bundles(str(self._folder.root), full)):
            self._add(index, agreed)
            progress((index + 1) * WIDTH)
        if rest:
            self._take_roots(full * WIDTH, self._bundle(full, rest))
            progress(self._checkpoint.size)
        for level, count in level_widths(self._checkpoint.size):
            if level and count % WIDTH:
                self._compare(Tile(level, count // WIDTH, count % WIDTH), self._levels[level])

    def _add(self, index: int, agreed: Agreed | None) -> None:
        """Add a full bundle to the tree; one that does not agree with its tile is looked into."""
        end = (index + 1) * WIDTH
        is_wanted = bool(self._sizes) and self._sizes[-1] <= end
        if agreed is None or agreed.has_payloads or is_wanted:
            hashes = self._bundle(index, WIDTH)
            self._take_roots(index * WIDTH, hashes)
            root = perfect_root(hashes)
        else:
            self._visited.update((Tile(None, index).path, Tile(0, index).path))
            root = agreed.root
        self._push(0, index, root)

    def _take_roots(self, first: int, hashes: bytes) -> None:
        """Compute the wanted roots of trees that end within this bundle."""
        while self._sizes and self._sizes[-1] <= first + len(hashes) // HASH:
            wanted = self._sizes.pop()
            self.roots[wanted] = root_of_levels([hashes[: (wanted - first) * HASH], *self._levels[1:]])

    def _push(self, level: int, index: int, root: bytes) -> None:
        """Add the root of a full tile to the level above, and compare that one when it is full."""
        if level + 1 == len(self._levels):
            self._levels.append(b"")
        self._levels[level + 1] += root
        above = self._levels[level + 1]
        if len(above) == WIDTH * HASH:
            self._compare(Tile(level + 1, index // WIDTH), above)
            self._levels[level + 1] = b""
            self._push(level + 1, index // WIDTH, perfect_root(above))

    def _read(self, tile: Tile) -> bytes | None:
        """Read a required tile and note that it was; a missing one is a finding."""
        self._visited.add(tile.path)
        try:
            return read_tile(self._folder, tile)
        except FileNotFoundError:
            self._report(tile, "it is missing")
        except (OSError, ValueError) as error:
            self._report(tile, f"it can't be read: {error}")
        return None

    def _report(self, tile: Tile, what: str, position: int = 0) -> None:
        """Add a finding about a tile, with the first entry that it concerns."""
        self._findings.append(Finding(tile.path, what, _entry_at(tile, position)))

    def _compare(self, tile: Tile, computed: bytes) -> None:
        """Compare a stored tile with what it must be."""
        stored = self._read(tile)
        if stored is not None and stored != computed:
            position = _first_difference(stored, computed)
            self._report(tile, f"hash {position} is not that of the tiles below", position)

    def _bundle(self, index: int, width: int) -> bytes:
        """Return the leaf hashes of one bundle, having compared it with its tile."""
        bundle_tile, tile = Tile(None, index, width), Tile(0, index, width)
        bundle, stored = self._read(bundle_tile), self._read(tile)
        computed, overrun = b"", ""
        for each, content in ((bundle_tile, bundle), (tile, stored)):
            if content == b"":
                self._report(each, "it is empty")
        if bundle is not None:
            if BLOB in bundle:
                self._check_payloads(bundle_tile, bundle)
            try:
                computed = hash_bundle(bytearray(bundle))
            except OverrunError as error:
                # What could be split before it says which entry is the first that is another.
                computed, overrun = error.hashes, str(error)
        if computed == stored and len(computed) == width * HASH and not overrun:
            return computed
        return self._judge(bundle_tile, tile, computed, stored or b"", overrun)

    def _judge(self, bundle: Tile, tile: Tile, computed: bytes, stored: bytes, overrun: str) -> bytes:
        """Say which of a bundle and its tile was changed, and return the hashes to go on with."""
        length = tile.width * HASH
        # Behind the last entry there is none to name.
        position = min(_first_difference(computed, stored), tile.width - 1)
        if len(stored) == length and self._leads_up(tile, stored):
            if computed or overrun:
                self._report(bundle, overrun or "the entry is not the one that was appended", position)
            return stored
        if stored and len(computed) == length and not overrun and self._leads_up(tile, computed):
            self._report(tile, f"hash {position} is not that of its entry", position)
        elif stored and (computed or overrun):
            self._report(bundle, f"entries and {tile.path} differ, and neither leads to the signed root", position)
        elif overrun:
            self._report(bundle, overrun, len(computed) // HASH)
        return (computed if len(computed) == length else stored).ljust(length, b"\0")[:length]

    def _leads_up(self, tile: Tile, hashes: bytes) -> bool:
        """Say whether these leaf hashes are what the tile above, or the signed root, was made from."""
        if tile.width < WIDTH:
            return root_of_levels([hashes, *self._levels[1:]]) == self._checkpoint.root
        count = self._checkpoint.size // WIDTH - tile.index // WIDTH * WIDTH
        try:
            above = read_tile(self._folder, Tile(1, tile.index // WIDTH, min(count, WIDTH)))
        except (OSError, ValueError):
            return False
        return hash_at(above, tile.index % WIDTH) == perfect_root(hashes)

    def _check_payloads(self, tile: Tile, bundle: bytes) -> None:
        """Check the payloads that the entries of a bundle are kept apart from."""
        try:
            for position, entry in enumerate(entries_of(bundle)):
                if BLOB in entry:
                    self._check_payload(tile, position, parse(entry))
        except (ValueError, TypeError, KeyError):
            return  # the bundle differs from its tile, which is reported

    def _check_payload(self, tile: Tile, position: int, document: dict[str, Any]) -> None:
        """Check one payload's hash."""
        digest = document["blob"]["sha256"] if "data" not in document else None
        if digest is None or digest in self._seen_blobs:
            return
        self._seen_blobs.add(digest)
        path = self._folder.blob(digest)
        name = str(path.relative_to(self._folder.root))
        try:
            what = None if self._folder.digest(path.read_bytes()) == digest else "it does not match its hash"
        except OSError as error:
            what = f"it can't be read: {error.strerror}"
        if what:
            self._findings.append(Finding(name, what, tile.index * WIDTH + position))

    def check_earlier(self, sizes: Iterable[int]) -> None:
        """Require the partial tiles of every signed tree, unless the full tile took their place."""
        for tile in {tile for size in sizes for tile in partial_tiles_of(size)}:
            paths = (self._folder.tile(tile), self._folder.tile(tile.full))
            if tile.path not in self._visited and not any(path.is_file() for path in paths):
                self._findings.append(Finding(tile.path, "it is missing, and a tree that needs it was signed"))

    def check_strangers(self, unfinished: dict[str, bytes]) -> None:
        """Compare files that the checkpoint does not ask for: tiles of earlier trees, or of an interrupted append."""
        root = str(self._folder.root)
        for folder, _, files in os.walk(f"{root}/tile"):
            prefix = folder.removeprefix(f"{root}/")
            for name in sorted(f"{prefix}/{file}" for file in files):
                found = None if name in self._visited else self._judge_stranger(name, unfinished)
                if isinstance(found, str):
                    found = Finding(name, found, may_be_unfinished="behind" in found)
                if found:
                    self._findings.append(found)

    def _judge_stranger(self, name: str, unfinished: dict[str, bytes]) -> Finding | str | None:
        """Say what is wrong with a file that the checkpoint does not ask for, of which entry where that is known."""
        tile = Tile.from_path(name)
        if tile is None:
            return "no tile has this name"
        try:
            content = (self._folder.root / name).read_bytes()
            if name in unfinished:
                return None if content == unfinished[name] else "it is not what the acknowledged entries hash to"
            count = self._checkpoint.size // WIDTH ** (tile.level or 0) - tile.index * WIDTH
            if count < tile.width:
                return "it lies behind the checkpoint, and no acknowledged entry leads to it"
            whole = read_tile(self._folder, Tile(tile.level, tile.index, min(count, WIDTH)))
        except FileNotFoundError:
            return None  # a writer removed it, or the full tile is reported as missing
        except (OSError, ValueError) as error:
            return f"it can't be read: {error}"
        begins = _prefix(tile, whole)
        if content == begins:
            return None
        position = None if begins is None else _first_part(tile, content, begins)
        entry = None if position is None else _entry_at(tile, position)
        return Finding(name, f"it is not the beginning of {tile.full.path}", entry)


def _entry_at(tile: Tile, position: int) -> int:
    """Return the first entry below a place in a tile."""
    unit: int = WIDTH ** (tile.level or 0)
    return (tile.index * WIDTH + position) * unit


def _first_part(tile: Tile, one: bytes, other: bytes) -> int:
    """Return the position of the first hash, or entry, of `other` that `one` has otherwise."""
    if tile.level is not None:
        return _first_difference(one, other)
    place, entries = 0, entries_of(other)
    for position, entry in enumerate(entries):
        after = place + 2 + len(entry)
        if one[place:after] != other[place:after]:
            return position
        place = after
    return len(entries)


def _prefix(tile: Tile, whole: bytes) -> bytes | None:
    """Return what a partial tile must be, given a wider one; None when the wider one can't be read."""
    if tile.level is not None:
        return whole[: tile.width * HASH]
    try:
        return whole[: sum(2 + len(entry) for entry in entries_of(whole)[: tile.width])]
    except ValueError:
        return None


def _first_difference(one: bytes, other: bytes) -> int:
    """Return the position of the first hash that differs."""
    for at in range(0, min(len(one), len(other)), HASH):
        if one[at : at + HASH] != other[at : at + HASH]:
            return at // HASH
    return min(len(one), len(other)) // HASH
