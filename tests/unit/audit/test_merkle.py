"""Merkle arithmetic against RFC 6962's own recursive definition."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.audit import merkle
from headgate.audit.frontier import Frontier
from headgate.audit.tiles import Tile, bundle_of, tiles_of

pytestmark = pytest.mark.unit


def mth(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962, 2.1, defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\1" + mth(leaves[:split]) + mth(leaves[split:])).digest()


def leaves_of(count: int) -> list[bytes]:
    """Return some distinct leaves."""
    return [f"leaf {number}".encode() for number in range(count)]


@given(st.integers(0, 1500), st.integers(1, 300))
def test_a_tree_grown_in_any_steps_has_the_defined_root(size: int, step: int) -> None:
    """Whatever the batches, the frontier's root is MTH of all entries."""
    leaves, frontier = leaves_of(size), Frontier()
    for at in range(0, size, step):
        list(frontier.extend(leaves[at : at + step]))

    assert (frontier.size, frontier.root) == (size, mth(leaves))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 600, 65_536 + 300])
def test_tiles_are_those_of_the_specification(size: int) -> None:
    """Every tile holds MTH(D[(n*256+i)*256^l : (n*256+i+1)*256^l]), and exactly the required ones come out."""
    leaves, frontier = leaves_of(size), Frontier()
    found = dict(frontier.extend(leaves)) | dict(frontier.partials())
    hashes = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
    expected: dict[Tile, bytes] = {}
    for tile in tiles_of(size):
        first, last = tile.index * 256, tile.index * 256 + tile.width
        if tile.level is None:
            expected[tile] = bundle_of(leaves[first:last])
        elif tile.level == 0:
            expected[tile] = b"".join(hashes[first:last])
        else:
            unit = 256**tile.level
            expected[tile] = b"".join(mth(leaves[at * unit : (at + 1) * unit]) for at in range(first, last))

    assert found == expected


@given(st.data())
def test_inclusion_proofs_lead_to_the_root(data: st.DataObject) -> None:
    """Each leaf's proof yields the root; with another leaf, index or hash it does not."""
    size = data.draw(st.integers(1, 400))
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    proof = merkle.inclusion_proof(index, size, lambda low, high: mth(leaves[low:high]))
    leaf = mth([leaves[index]])

    assert merkle.root_from_inclusion(leaf, index, size, proof) == mth(leaves)
    assert merkle.root_from_inclusion(mth([b"another"]), index, size, proof) != mth(leaves)
    with pytest.raises(ValueError, match="too long"):
        merkle.root_from_inclusion(leaf, index, size, [*proof, leaf])


@given(st.data())
def test_consistency_proofs_show_growth_and_nothing_else(data: st.DataObject) -> None:
    """A tree's proof to a larger one holds, and fails for another history."""
    size = data.draw(st.integers(1, 400))
    old = data.draw(st.integers(1, size))
    leaves = leaves_of(size)
    proof = merkle.consistency_proof(old, size, lambda low, high: mth(leaves[low:high]))

    assert merkle.is_consistent(old, mth(leaves[:old]), size, mth(leaves), proof)
    assert not merkle.is_consistent(old, mth([b"another"]), size, mth(leaves), proof)
    assert not merkle.is_consistent(old, mth(leaves[:old]), size, mth([b"another"]), proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_an_entry_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    """Asking for it is an error, not an empty proof."""
    with pytest.raises(ValueError, match="is not in a tree"):
        merkle.inclusion_proof(index, size, lambda _low, _high: b"")
