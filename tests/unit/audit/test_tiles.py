"""Tile names and bundles, as the specification writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.audit.bundles import hash_bundle
from headgate.audit.merkle import leaf_hashes
from headgate.audit.tiles import Tile, bundle_of, entries_of, tiles_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(63, 5, 8), "tile/63/005.p/8"),
        (Tile(None, 1000), "tile/entries/x001/000"),
        (Tile(None, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_paths_are_written_and_read(tile: Tile, path: str) -> None:
    """Index groups, levels and widths, both ways."""
    assert (tile.path, Tile.from_path(path)) == (path, tile)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/x000/001",
        "tile/0/000.p/07",
    ],
)
def test_other_spellings_are_no_tiles(path: str) -> None:
    """A tile has one name."""
    assert Tile.from_path(path) is None


def test_a_tree_of_70000_has_the_tiles_of_the_specifications_example() -> None:
    """273 full level-0 tiles and one of 112; one full level-1 tile and one of 17; one level-2 tile of 1."""
    found = [tile for tile in tiles_of(70_000) if tile.level is not None]

    assert [tile for tile in found if tile.width < 256] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert len([tile for tile in found if tile.width == 256]) == 274


@given(st.lists(st.binary(max_size=600), max_size=20))
def test_bundles_split_into_what_they_were_made_of(entries: list[bytes]) -> None:
    """Also empty entries, and the in-place hashing agrees with the plain one."""
    bundle = bundle_of(entries)

    assert entries_of(bundle) == entries
    assert hash_bundle(bytearray(bundle)) == leaf_hashes(entries)


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x05abcd", b"\x00\x01a\x00"])
def test_a_bundle_that_ends_within_an_entry_is_refused(bundle: bytes) -> None:
    """Both readers say so."""
    with pytest.raises(ValueError, match="runs over"):
        entries_of(bundle)
    with pytest.raises(ValueError, match="runs over"):
        hash_bundle(bytearray(bundle))
