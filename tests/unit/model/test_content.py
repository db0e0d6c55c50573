"""A file becomes the same layer on every machine, and can be read on from any offset."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.errors import HeadgateError
from headgate.model.content import BytesContent, FileLayer
from headgate.model.layers import HashedStream

pytestmark = pytest.mark.unit


def whole(layer: FileLayer, offset: int = 0) -> bytes:
    """Return a layer's bytes."""
    return b"".join(layer.chunks(offset))


def test_a_layer_is_a_tar_of_the_one_file(tmp_path: Path) -> None:
    """Any tar reader finds the file, its bytes, and no owner or time."""
    file = tmp_path / "weights.bin"
    file.write_bytes(b"w" * 700)

    layer = FileLayer(file, "deep/weights.bin")

    with tarfile.open(fileobj=io.BytesIO(whole(layer))) as archive:
        (entry,) = archive.getmembers()
        content = archive.extractfile(entry)
        assert content is not None
        assert content.read() == b"w" * 700
    assert (entry.name, entry.mode, entry.mtime, entry.uid, entry.uname) == ("deep/weights.bin", 0o644, 0, 0, "")


def test_a_layer_does_not_depend_on_times_and_modes(tmp_path: Path) -> None:
    """The same bytes give the same digest, whoever wrote them and when."""
    one, other = tmp_path / "one", tmp_path / "other"
    for file in (one, other):
        file.write_bytes(b"same")
    os.utime(other, (1, 1))
    other.chmod(0o600)

    assert FileLayer(one, "f").digest == FileLayer(other, "f").digest


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 2000])
def test_a_layer_can_be_read_on_from_any_offset(tmp_path: Path, size: int) -> None:
    """Resuming sends exactly what is missing."""
    file = tmp_path / "f"
    file.write_bytes(bytes(i % 251 for i in range(size)))
    layer = FileLayer(file, "f")
    content = whole(layer)

    assert len(content) == layer.size
    assert f"sha256:{hashlib.sha256(content).hexdigest()}" == layer.digest
    assert all(whole(layer, offset) == content[offset:] for offset in range(0, layer.size + 1, 97))


@pytest.mark.parametrize("starts", [(0,), (1024, 0), (700, 1500, 300), (1536,), (2559, 2560), ()])
def test_a_layer_is_hashed_as_it_is_read_wherever_one_begins(tmp_path: Path, starts: tuple[int, ...]) -> None:
    """Resumed, gone back, or broken off: both digests are of all of it, and each byte counts once."""
    file, content = tmp_path / "f", bytes(i % 251 for i in range(1000))
    file.write_bytes(content)
    layer, other = FileLayer(file, "f"), FileLayer(file, "f")
    expected = whole(other)

    read = [next(layer.chunks(start), b"") for start in starts]

    assert [expected[start:].startswith(chunk) for start, chunk in zip(starts, read, strict=True)] == [True] * len(read)
    assert layer.file_digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert (layer.digest, layer.origin) == (f"sha256:{hashlib.sha256(expected).hexdigest()}", layer.digest)


def test_a_file_is_read_once_for_digest_and_upload(tmp_path: Path) -> None:
    """Before its end is reached, the file in its state stands for its digest; a piece of it is no reading."""
    file = tmp_path / "f"
    file.write_bytes(b"x" * 3000)
    before = FileLayer(file, "f").origin
    layer = FileLayer(file, "f")
    sent, piece = whole(layer), layer.piece(510, 4)
    file.unlink()

    assert (layer.digest, piece) == (f"sha256:{hashlib.sha256(sent).hexdigest()}", sent[510:514])
    assert str(file) in before
    file.write_bytes(b"y" * 3000)
    assert FileLayer(file, "f").origin != before


def test_a_file_that_shrinks_while_it_is_sent_is_refused(tmp_path: Path) -> None:
    """A truncated upload must not look like a short file."""
    file = tmp_path / "f"
    file.write_bytes(b"x" * 100)
    layer = FileLayer(file, "f")
    file.write_bytes(b"x")

    with pytest.raises(HeadgateError, match="shrank"):
        whole(layer)


def test_bytes_can_be_read_on_from_any_offset() -> None:
    """Small content resumes as files do."""
    content = BytesContent(b"abc")

    assert [b"".join(content.chunks(offset)) for offset in range(4)] == [b"abc", b"bc", b"c", b""]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=20), max_size=8), st.integers(min_value=1, max_value=30))
def test_a_hashed_stream_hands_out_everything_and_hashes_it(chunks: list[bytes], size: int) -> None:
    """However it is read, the digest is of all bytes."""
    chunks = [chunk for chunk in chunks if chunk]
    stream = HashedStream(iter(chunks))

    first = stream.read(size)
    stream.drain()

    content = b"".join(chunks)
    assert (first, stream.length) == (content[:size], len(content))
    assert stream.hexdigest == hashlib.sha256(content).hexdigest()
