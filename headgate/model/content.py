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

    @property
    def origin(self) -> str:
        """What an upload of it is remembered by: its digest, or where it is read from while that is not known."""

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

    @property
    def origin(self) -> str:
        """The digest."""
        return self.digest

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


class Passing:
    """The hashes of a file that is being written, and of the layer that it becomes: nobody need read it for these."""

    def __init__(self, name: str, size: int) -> None:
        self.name, self.size, self.length = name, size, 0
        self.file, self.layer = hashlib.sha256(), hashlib.sha256(tar_header(name, size))

    def take(self, chunk: bytes) -> None:
        """Hash what is written next."""
        self.file.update(chunk)
        self.layer.update(chunk)
        self.length += len(chunk)


class FileLayer:
    """One file as a tar layer: header, the file as it lies, padding. Hashed as it passes, by whoever reads it first."""

    def __init__(self, path: Path, name: str, passed: Passing | None = None) -> None:
        self.path, self.name = path, name
        found = path.stat()
        self.file_size = found.st_size
        self._state = f"{path.absolute()} {name} {found.st_size} {found.st_mtime_ns} {found.st_ino}"
        self._head = tar_header(name, self.file_size)
        self._tail = tar_padding(self.file_size) + END_OF_TAR
        self.size = len(self._head) + self.file_size + len(self._tail)
        self._file_hash, self._layer_hash = hashlib.sha256(), hashlib.sha256()
        self._hashed = 0
        if passed and (passed.name, passed.size, passed.length) == (name, self.file_size, self.file_size):
            self._file_hash, self._layer_hash = passed.file.copy(), passed.layer.copy()
            self._layer_hash.update(self._tail)
            self._hashed = self.size

    @property
    def digest(self) -> str:
        """The layer's digest; what nobody has read yet is read for it."""
        self._hash_to(self.size)
        return f"sha256:{self._layer_hash.hexdigest()}"

    @property
    def file_digest(self) -> str:
        """The digest of the file itself."""
        self._hash_to(self.size)
        return f"sha256:{self._file_hash.hexdigest()}"

    @property
    def origin(self) -> str:
        """Its digest once that is known, before it the file in its present state."""
        return self.digest if self._hashed == self.size else self._state

    def chunks(self, offset: int = 0) -> Iterator[bytes]:
        """Yield the layer from `offset`; what is before it and was not hashed yet is read for that."""
        self._hash_to(offset)
        for chunk in self._chunks(offset):
            self._hash(offset, chunk)
            offset += len(chunk)
            yield chunk

    def piece(self, offset: int, length: int) -> bytes:
        """Return some of it, to compare."""
        found = b""
        for chunk in self._chunks(offset, length):
            found += chunk
            if len(found) >= length:
                break
        return found[:length]

    def _hash_to(self, end: int) -> None:
        """Read on until all before a place is hashed, what another push sent, too: a hash's state can't be kept."""
        for chunk in self._chunks(self._hashed) if self._hashed < end else ():
            self._hash(self._hashed, chunk[: end - self._hashed])
            if self._hashed >= end:
                break

    def _hash(self, at: int, chunk: bytes) -> None:
        """Hash what is new of a chunk. It is of head, file or tail, and nothing before it is left out."""
        fresh = memoryview(chunk)[max(0, self._hashed - at) :]
        self._layer_hash.update(fresh)
        if len(self._head) <= at < len(self._head) + self.file_size:
            self._file_hash.update(fresh)
        self._hashed += len(fresh)

    def _chunks(self, offset: int, most: int = CHUNK) -> Iterator[bytes]:
        if offset < len(self._head):
            yield self._head[offset:]
        start = max(0, offset - len(self._head))
        if start < self.file_size:
            yield from self._file_chunks(start, most)
        tail_start = max(0, offset - len(self._head) - self.file_size)
        if tail_start < len(self._tail):
            yield self._tail[tail_start:]

    def _file_chunks(self, start: int, most: int) -> Iterator[bytes]:
        left = self.file_size - start
        with self.path.open("rb") as handle:
            handle.seek(start)
            while left > 0:
                chunk = handle.read(min(most, left))
                if not chunk:
                    raise HeadgateError(
                        "a file of the model shrank while it was read",
                        where=str(self.path),
                        expected=f"{self.file_size} bytes",
                        fix="push again when nothing writes to the model's directory",
                    )
                left -= len(chunk)
                yield chunk
