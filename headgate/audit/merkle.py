"""RFC 6962 hashing over bytes: leaves, tiles, roots and proofs.

Pure arithmetic, no files. Hashes travel as concatenated bytes (a tile is 256 of them), never as one object each:
that is what keeps a million entries within a few seconds.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable

HASH = 32
WIDTH = 256
EMPTY_ROOT = hashlib.sha256(b"").digest()

# Half of a verification's calls: cut in C, not by slices.
_PAIRS = struct.Struct(f"{2 * HASH}s").iter_unpack

# MTH(D[lo:hi]) of a range that starts at a multiple of its own size, rounded up to a power of two.
RangeHash = Callable[[int, int], bytes]


def leaf_hashes(entries: Iterable[bytes]) -> bytes:
    """Return the leaf hashes of some entries, concatenated."""
    sha256 = hashlib.sha256
    return b"".join([sha256(b"\0" + entry).digest() for entry in entries])


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def perfect_root(hashes: bytes | memoryview) -> bytes:
    """Return the root over a power of two of concatenated hashes."""
    sha256 = hashlib.sha256
    row = bytes(hashes)
    while len(row) > HASH:
        row = b"".join([sha256(b"\1" + pair).digest() for (pair,) in _PAIRS(row)])
    return row


def peaks(hashes: bytes | memoryview) -> list[bytes]:
    """Return the roots of the perfect subtrees over concatenated hashes, from the largest to the smallest."""
    found, at, count = [], 0, len(hashes) // HASH
    while count:
        width = 1 << (count.bit_length() - 1)
        found.append(perfect_root(hashes[at : at + width * HASH]))
        at, count = at + width * HASH, count - width
    return found


def fold(subtrees: list[bytes]) -> bytes:
    """Return the root of a tree from its perfect subtrees, largest first."""
    if not subtrees:
        return EMPTY_ROOT
    root = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        root = node_hash(left, root)
    return root


def root_of_levels(levels: list[bytes]) -> bytes:
    """Return a tree's root from the hashes of its rightmost partial tiles, level 0 first."""
    return fold([peak for level in reversed(levels) for peak in peaks(level)])


def _split(count: int) -> int:
    """Return the largest power of two smaller than count."""
    return 1 << ((count - 1).bit_length() - 1)


def inclusion_proof(index: int, size: int, hash_of: RangeHash) -> list[bytes]:
    """Return the audit path of one leaf (RFC 6962, 2.1.1), nearest sibling first."""
    if not 0 <= index < size:
        raise ValueError(f"entry {index} is not in a tree of {size}")
    path, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(hash_of(middle, high))
            high = middle
        else:
            path.append(hash_of(low, middle))
            low = middle
    return path[::-1]


def consistency_proof(old: int, size: int, hash_of: RangeHash) -> list[bytes]:
    """Return the proof that the tree of `old` leaves is a prefix of the tree of `size` (RFC 6962, 2.1.2)."""
    if not 0 < old <= size:
        raise ValueError(f"no proof from size {old} to size {size}")
    path, low, high, is_whole = [], 0, size, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(hash_of(middle, high))
            high = middle
        else:
            path.append(hash_of(low, middle))
            low, is_whole = middle, False
    if not is_whole:
        path.append(hash_of(low, high))
    return path[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """Return the root that a proof leads to (RFC 9162, 2.1.3.2); ValueError when its length is wrong."""
    position, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ValueError("the proof is too long")
        if position & 1 or position == last:
            root = node_hash(sibling, root)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        position, last = position >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return root


def is_consistent(old: int, old_root: bytes, size: int, root: bytes, proof: list[bytes]) -> bool:
    """Say whether a proof shows that one tree grew into the other (RFC 9162, 2.1.4.2)."""
    if old == size:
        return old_root == root and not proof
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not 0 < old < size or not steps:
        return False
    position, last = old - 1, size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, step)
        position, last = position >> 1, last >> 1
    return last == 0 and first == old_root and second == root
