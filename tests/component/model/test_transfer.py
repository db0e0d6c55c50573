"""Big blobs over a network that breaks: resumed where they broke, and still verified."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headgate.model import Endpoint, IntegrityError, ModelRegistry, Registry
from headgate.model.blobs import Blobs
from headgate.model.content import BytesContent
from headgate.model.credentials import Credentials
from headgate.model.descriptor import Descriptor

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


def test_a_big_file_is_pushed_in_pieces_and_verified(models: ModelRegistry, tmp_path: Path) -> None:
    """A model larger than one chunk comes back whole."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "weights.bin").write_bytes(content("big") * 6)

    models.push(tmp_path / "m", "big/model", "1.0.0")
    models.verify("big/model", "1.0.0")
    models.pull("big/model", "1.0.0", tmp_path / "out")

    assert (tmp_path / "out/weights.bin").read_bytes() == (tmp_path / "m/weights.bin").read_bytes()
