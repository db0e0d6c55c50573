"""Files out of their layers: as they stream, resumed from what is on disk, and out of layers that others made."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.model import IntegrityError, ModelFile, RegistryError
from headgate.model.content import FileLayer
from headgate.model.descriptor import IMAGE_LAYER, Descriptor, digest_of
from headgate.model.fetch import fetch

pytestmark = pytest.mark.unit

DATA = bytes(range(256)) * 20


class Stored:
    """A registry's half: one layer in pieces, from wherever it is asked."""

    def __init__(self, layer: bytes, resumes: bool = True) -> None:
        self.layer, self._resumes = layer, resumes
        self.asked: list[int] = []
        self.whole = 0

    def stream_whole(self, repository: str, descriptor: Descriptor, offset: int = 0) -> Iterator[bytes]:
        """Yield from an offset, or refuse to."""
        self.asked.append(offset)
        if offset and not self._resumes:
            raise RegistryError("the registry does not resume downloads", status=416)
        for start in range(offset, len(self.layer), 300):
            yield self.layer[start : start + 300]

    def download(self, repository: str, descriptor: Descriptor, target: Path) -> None:
        """Write the whole layer."""
        self.whole += 1
        target.write_bytes(self.layer)


def bring(stored: Stored, target: Path, layer: bytes | None = None, name: str = "weights/a.bin") -> None:
    """Fetch the file, as the manifest of `layer` names it."""
    said = stored.layer if layer is None else layer
    file = ModelFile(name, digest_of(DATA), len(DATA), Descriptor(IMAGE_LAYER, digest_of(said), len(said)))
    blobs: Any = stored
    fetch(blobs, "models/a/b", file, target)


@pytest.fixture
def ours(tmp_path: Path) -> bytes:
    """Return a layer as a push makes it."""
    (tmp_path / "source").write_bytes(DATA)
    return b"".join(FileLayer(tmp_path / "source", "weights/a.bin").chunks())


def test_a_file_is_written_as_it_streams(ours: bytes, tmp_path: Path) -> None:
    """Asked for once, with nothing beside it on the disk."""
    stored = Stored(ours)
    bring(stored, tmp_path / "out" / "a.bin")

    assert (stored.asked, stored.whole) == ([0], 0)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == {"a.bin": DATA}


@pytest.mark.parametrize("have", [1, 700, len(DATA)])
def test_a_file_goes_on_where_it_broke_off(ours: bytes, tmp_path: Path, have: int) -> None:
    """The registry is asked for the rest alone; after the last byte of the file, for the layer's end."""
    (tmp_path / "a.bin.partial").write_bytes(DATA[:have])
    stored = Stored(ours)
    bring(stored, tmp_path / "a.bin")

    assert stored.asked == [512 + have]
    assert (tmp_path / "a.bin").read_bytes() == DATA
    assert not (tmp_path / "a.bin.partial").exists()


def test_a_registry_that_does_not_resume_is_asked_for_all(ours: bytes, tmp_path: Path) -> None:
    """Once more, from the beginning."""
    (tmp_path / "a.bin.partial").write_bytes(DATA[:700])
    stored = Stored(ours, resumes=False)
    bring(stored, tmp_path / "a.bin")

    assert (stored.asked, (tmp_path / "a.bin").read_bytes()) == ([1212, 0], DATA)


def test_a_longer_beginning_than_the_file_is_cut(ours: bytes, tmp_path: Path) -> None:
    """What is more than the file is not its beginning."""
    (tmp_path / "a.bin.partial").write_bytes(DATA + b"more")
    bring(Stored(ours), tmp_path / "a.bin")

    assert (tmp_path / "a.bin").read_bytes() == DATA


@pytest.mark.parametrize("wrong", ["forged beginning", "flipped byte", "truncated", "too long", "flipped end"])
def test_what_is_not_what_its_digest_says_is_thrown_away(ours: bytes, tmp_path: Path, wrong: str) -> None:
    """Of the file, and of what is around it; nothing of it stays on the disk."""
    stored = {
        "flipped byte": ours[:600] + b"\xff" + ours[601:],
        "truncated": ours[:3000],
        "too long": ours + b"\0",
        "flipped end": ours[:-1] + b"\1",
    }.get(wrong, ours)
    if wrong == "forged beginning":
        (tmp_path / "a.bin.partial").write_bytes(b"forged")
    with pytest.raises(IntegrityError):
        bring(Stored(stored), tmp_path / "a.bin", layer=ours)

    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_layer_that_others_made_is_brought_whole(ours: bytes, tmp_path: Path) -> None:
    """With a time in its header it is as long as ours, and padded to blocks of twenty it is longer."""
    for padding in (len(ours), 10240):
        written = io.BytesIO()
        with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as archive:
            entry = tarfile.TarInfo("weights/a.bin")
            entry.size, entry.mtime = len(DATA), 1_700_000_000
            archive.addfile(entry, io.BytesIO(DATA))
        stored = Stored(written.getvalue().rstrip(b"\0").ljust(padding, b"\0"))
        bring(stored, tmp_path / f"{padding}.bin")

        assert (stored.whole, (tmp_path / f"{padding}.bin").read_bytes()) == (1, DATA)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["10240.bin", f"{len(ours)}.bin", "source"]
