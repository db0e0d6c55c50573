"""Big blobs over a network that breaks: resumed where they broke, and still verified."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.model import Endpoint, IntegrityError, ModelRegistry, Registry, RegistryError
from headgate.model.blobs import Blobs
from headgate.model.content import CHUNK, BytesContent, FileLayer
from headgate.model.credentials import Credentials
from headgate.model.descriptor import Descriptor
from headgate.model.uploads import Uploads

pytestmark = pytest.mark.component

SIZE = 3_000_000


def content(seed: str) -> bytes:
    """Return incompressible bytes of a seed."""
    return b"".join(hashlib.sha256(f"{seed}{number}".encode()).digest() for number in range(SIZE // 32))


def through(proxy: Any) -> Registry:
    """Return a client whose registry is behind the proxy."""
    registry = Registry("127.0.0.1:1", lambda *_: Endpoint("127.0.0.1", proxy.port, tls=False), Credentials())
    registry.blobs = Blobs(registry.transport, upload_chunk=500_000)
    return registry


def test_an_upload_that_breaks_is_resumed(breaking: Callable[..., Any], registry: Registry) -> None:
    """Two broken connections later the registry has the blob, whole."""
    data = content("upload")
    proxy = breaking(cuts=2, limit=700_000)
    through(proxy).blobs.push("broken/upload", BytesContent(data))

    descriptor = Descriptor("x", BytesContent(data).digest, len(data))
    assert proxy.broken == 2
    assert registry.blobs.read("broken/upload", descriptor) == data


def test_a_download_that_breaks_is_resumed(breaking: Callable[..., Any], registry: Registry, tmp_path: Path) -> None:
    """What came before the break is kept, and the whole is verified."""
    data = content("download")
    registry.blobs.push("broken/download", BytesContent(data))
    descriptor = Descriptor("x", BytesContent(data).digest, len(data))
    proxy = breaking(cuts=2, limit=1_000_000, towards_client=True)
    through(proxy).blobs.download("broken/download", descriptor, tmp_path / "blob")

    assert proxy.broken == 2
    assert (tmp_path / "blob").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["blob"]


def test_a_forged_beginning_on_disk_is_thrown_away(registry: Registry, tmp_path: Path) -> None:
    """What lies half-downloaded on disk is not trusted: the digest covers it."""
    data = content("forged")
    registry.blobs.push("forged/beginning", BytesContent(data))
    descriptor = Descriptor("x", BytesContent(data).digest, len(data))
    (tmp_path / "blob.partial").write_bytes(b"forged" * 1000)

    with pytest.raises(IntegrityError):
        registry.blobs.download("forged/beginning", descriptor, tmp_path / "blob")
    registry.blobs.download("forged/beginning", descriptor, tmp_path / "blob")

    assert (tmp_path / "blob").read_bytes() == data


def test_a_blob_that_is_there_is_not_sent_again(registry: Registry) -> None:
    """A second version sends only what changed."""
    blob = BytesContent(b"once")

    assert [registry.blobs.push("sent/once", blob) for _ in range(2)] == [True, False]


def weights(folder: Path, *seeds: str) -> Path:
    """Write a model of one file in some parts of three megabytes."""
    folder.mkdir(exist_ok=True)
    (folder / "weights.bin").write_bytes(b"".join(map(content, seeds)))
    return folder


class Sent:
    """A client in small pieces, what it sent, and what it read of files."""

    def __init__(self, registry: Registry, monkeypatch: pytest.MonkeyPatch, uploads: Path) -> None:
        self.sent = self.read = 0
        self.allowed = 100
        self._request, self._chunks = registry.transport.request, FileLayer._file_chunks
        registry.transport.request = self._counted  # type: ignore[method-assign]
        registry.blobs = Blobs(registry.transport, upload_chunk=CHUNK, uploads=Uploads("one", uploads))
        monkeypatch.setattr(FileLayer, "_file_chunks", lambda *given: self._of_file(*given))  # noqa: PLW0108  a method
        self.models = ModelRegistry(registry)

    def _counted(self, method: str, path: str, **more: Any) -> Any:
        if method == "PATCH":
            self.allowed -= 1
            if self.allowed < 0:
                raise RegistryError("killed", status=403)
            self.sent += len(more["body"])
        return self._request(method, path, **more)

    def _of_file(self, *given: Any) -> Iterator[bytes]:
        for chunk in self._chunks(*given):
            self.read += len(chunk)
            yield chunk

    def push(self, folder: Path, version: str, name: str = "read/once") -> tuple[float, float]:
        """Push, and return how often the file was read and sent."""
        self.sent = self.read = 0
        self.models.push(folder, name, version)
        size = (folder / "weights.bin").stat().st_size
        return round(self.read / size, 1), round(self.sent / size, 1)


def test_a_large_file_is_read_once(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New or trained anew, in one go; what an earlier version has, or this one, is read for its digest and not sent."""
    pushed = Sent(registry, monkeypatch, tmp_path / "uploads").push

    assert pushed(weights(tmp_path / "m", "a", "b"), "1.0.0") == (1.0, 1.0)
    assert pushed(tmp_path / "m", "1.0.0") == (1.0, 0.0)
    assert pushed(tmp_path / "m", "1.1.0") == (1.0, 0.0)
    assert pushed(weights(tmp_path / "m", "c", "d"), "2.0.0") == (1.0, 1.0)
    # What differs in little only is taken for the same, until its digest is known.
    with (tmp_path / "m" / "weights.bin").open("r+b") as file:
        file.write(b"changed")
    assert pushed(tmp_path / "m", "2.0.1") == (2.0, 1.0)
    for each in ("1.0.0", "2.0.0", "2.0.1"):
        ModelRegistry(registry).verify("read/once", each)


@pytest.mark.parametrize("changed", [False, True])
def test_a_push_that_was_killed_goes_on_and_reads_once(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    """What the registry has is read for the digest alone. Not if the file was changed behind its time: all is sent."""
    name = f"killed/{'changed' if changed else 'same'}"
    client, folder = Sent(registry, monkeypatch, tmp_path / "uploads"), weights(tmp_path / "m", "e", name)
    client.allowed = 3
    with pytest.raises(RegistryError):
        client.push(folder, "1.0.0", name)
    client.allowed = 100
    if changed:
        file = folder / "weights.bin"
        at = file.stat().st_mtime_ns
        with file.open("r+b") as handle:
            handle.write(b"changed")
        os.utime(file, ns=(at, at))

    assert client.push(folder, "1.0.0", name) == ((2.0, 1.5) if changed else (1.0, 0.5))
    client.models.pull(name, "1.0.0", tmp_path / "out")
    assert (tmp_path / "out/weights.bin").read_bytes() == (folder / "weights.bin").read_bytes()
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_big_file_is_pushed_in_pieces_and_verified(models: ModelRegistry, tmp_path: Path) -> None:
    """A model larger than one chunk comes back whole."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "weights.bin").write_bytes(content("big") * 6)

    models.push(tmp_path / "m", "big/model", "1.0.0")
    models.verify("big/model", "1.0.0")
    models.pull("big/model", "1.0.0", tmp_path / "out")

    assert (tmp_path / "out/weights.bin").read_bytes() == (tmp_path / "m/weights.bin").read_bytes()
