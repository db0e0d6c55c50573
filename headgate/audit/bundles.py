"""Hashes full bundles, many at a time and on every core: most of what a verification does.

Says only whether a bundle and its tile agree, and what the root of the tile is. What is wrong with one that does not is
found out by `recount`, which reads it again.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import NamedTuple

from headgate.audit.merkle import HASH, WIDTH, perfect_root
from headgate.audit.tiles import Tile

# In canonical JSON a string can't hold this: its quotes would be escaped.
BLOB = b'"blob":{"sha256":"'
_BLOCK = 128
_PROCESSES = 4


class Agreed(NamedTuple):
    """A bundle whose entries hash to its tile: the tile's root, and whether an entry's payload is kept apart."""

    root: bytes
    has_payloads: bool


class OverrunError(ValueError):
    """The length of an entry runs over the end of its bundle; `hashes` are those of the entries before it."""

    def __init__(self, hashes: bytes) -> None:
        """Keep what could be hashed."""
        super().__init__("the length of an entry runs over the end of the bundle")
        self.hashes = hashes


def hash_bundle(bundle: bytearray) -> bytes:
    """Return the leaf hashes of a bundle; OverrunError when a length runs over its end. Overwrites the bundle.

    The byte before each entry, the lower half of its length, becomes the leaf prefix: no entry is copied.
    """
    sha256, view, found = hashlib.sha256, memoryview(bundle), []
    at, end = 0, len(bundle)
    while at + 1 < end:
        start = at + 1
        at = start + 1 + (bundle[at] << 8 | bundle[start])
        bundle[start] = 0
        found.append(sha256(view[start:at]).digest())
    if at != end:
        raise OverrunError(b"".join(found[:-1] if at > end else found))
    return b"".join(found)


def _content(root: str, tile: Tile) -> bytes:
    """Return a file's content, without the price of a path object."""
    with open(f"{root}/{tile.path}", "rb", buffering=0) as file:  # noqa: PTH123
        return file.read()


def _check(root: str, index: int) -> Agreed | None:
    """Compare one full bundle with its tile."""
    try:
        bundle, tile = bytearray(_content(root, Tile(None, index))), _content(root, Tile(0, index))
        has_payloads = BLOB in bundle
        if hash_bundle(bundle) != tile or len(tile) != WIDTH * HASH:
            return None
    except (OSError, ValueError):
        return None
    return Agreed(perfect_root(tile), has_payloads)


def _check_block(root: str, first: int, last: int) -> list[Agreed | None]:
    """Compare a block of bundles."""
    return [_check(root, index) for index in range(first, last)]


def check_full_bundles(root: str, count: int) -> Iterator[Agreed | None]:
    """Yield, for each full bundle in order, what it agrees on, or None."""
    processes = min(_PROCESSES, os.cpu_count() or 1)
    if count < 2 * _BLOCK or processes == 1:
        for index in range(count):
            yield _check(root, index)
        return
    blocks = [(first, min(first + _BLOCK, count)) for first in range(0, count, _BLOCK)]
    # Forked, not started anew: the workers only read and hash, and a caller needs no guard around its main module.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        waiting: list[Future[list[Agreed | None]]] = []
        for block in blocks:
            waiting.append(pool.submit(_check_block, root, *block))
            if len(waiting) > 2 * processes:
                yield from waiting.pop(0).result()
        for future in waiting:
            yield from future.result()
