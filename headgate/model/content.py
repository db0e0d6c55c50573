"""Content on its way to a registry: bytes in hand, or one file as a reproducible tar layer without a copy on disk."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from headgate.errors import HeadgateError
from headgate.model.descriptor import digest_of

CHUNK = 1024 * 1024


class Content(Protocol):
    """Something of known digest and size that can be read again from any offset, which is what resuming needs."""

    @property
    def digest(self) -> str:
        """The digest of all of it."""

    @property
    def size(self) -> int:
        """Its length in bytes."""

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        """Yield it from `offset` on, a chunk at a time."""


@dataclass(frozen=True)
class BytesContent:
    """Content that fits in memory: manifests, configurations, statements."""

    data: bytes

    @property
    def digest(self) -> str:
        """The digest of the bytes."""
        return digest_of(self.data)

    @property
    def size(self) -> int:
        """The number of bytes."""
        return len(self.data)

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        """Yield what is left after `offset`."""
        if offset < len(self.data):
            yield self.data[offset:]


def tar_header(name: str, size: int, mode: int = 0o644) -> bytes:
    """Return the header of one file that every machine writes alike: no owner, no time."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, mode, 0
    return entry.tobuf(tarfile.PAX_FORMAT)


def tar_padding(size: int) -> bytes:
    """Return what fills the last block of a file."""
    return b"\0" * (-size % tarfile.BLOCKSIZE)


END_OF_TAR = b"\0" * (2 * tarfile.BLOCKSIZE)


class FileLayer:
    """One file as a tar layer: header, the file as it lies, padding. Read twice: for its digest, and to be sent."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name
        self.file_size = path.stat().st_size
        self._head = tar_header(name, self.file_size)
        self._tail = tar_padding(self.file_size) + END_OF_TAR
        self.size = len(self._head) + self.file_size + len(self._tail)
        file_hash, layer_hash = hashlib.sha256(), hashlib.sha256(self._head)
        for chunk in self._file_chunks(0):
            file_hash.update(chunk)
            layer_hash.update(chunk)
        layer_hash.update(self._tail)
        self.file_digest = f"sha256:{file_hash.hexdigest()}"
        self.digest = f"sha256:{layer_hash.hexdigest()}"

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        """Yield the layer from `offset`."""
        if offset < len(self._head):
            yield self._head[offset:]
        start = max(0, offset - len(self._head))
        if start < self.file_size:
            yield from self._file_chunks(start)
        tail_start = max(0, offset - len(self._head) - self.file_size)
        if tail_start < len(self._tail):
            yield self._tail[tail_start:]

    def _file_chunks(self, start: int) -> Iterator[bytes]:
        left = self.file_size - start
        with self.path.open("rb") as handle:
            handle.seek(start)
            while left > 0:
                chunk = handle.read(min(CHUNK, left))
                if not chunk:
                    raise HeadgateError(
                        "a file of the model shrank while it was read",
                        where=str(self.path),
                        expected=f"{self.file_size} bytes",
                        fix="push again when nothing writes to the model's directory",
                    )
                left -= len(chunk)
                yield chunk
