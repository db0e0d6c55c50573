"""One file out of its layer, to disk: read once, hashed as it comes, and without the layer beside it.

A layer that we made is a header that follows from the file's name and size, the file, and zeros. So the file can be
written as it streams, and its beginning on disk says where to go on. A layer that others made is brought whole first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from headgate.model.artifact import ModelFile
from headgate.model.blobs import OUT_OF_RANGE, Blobs, check
from headgate.model.content import CHUNK, END_OF_TAR, tar_header, tar_padding
from headgate.model.errors import IntegrityError, RegistryError
from headgate.model.layers import unpack


def fetch(blobs: Blobs, repository: str, file: ModelFile, target: Path) -> None:
    """Write a file to `target`, verified before it gets its name."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    head = tar_header(file.path, file.size)
    ours = file.layer.size == len(head) + file.size + len(tar_padding(file.size)) + len(END_OF_TAR)
    if not ours or not _stream(blobs, repository, file, head, target):
        _unpack(blobs, repository, file, target)


def _stream(blobs: Blobs, repository: str, file: ModelFile, head: bytes, target: Path) -> bool:
    """Write the file as it comes; say no, with nothing written, where the layer has another header than ours."""
    partial = target.with_name(target.name + ".partial")
    try:
        written = _Written(partial, file, head)
        try:
            taken = written.take(blobs.stream_whole(repository, file.layer, written.position))
        except RegistryError as error:
            if error.status != OUT_OF_RANGE:
                raise
            # A registry that can't go on in the middle is asked for all of it.
            partial.unlink()
            written = _Written(partial, file, head)
            taken = written.take(blobs.stream_whole(repository, file.layer))
        if not taken:
            partial.unlink(missing_ok=True)
            return False
        written.check(repository)
    except IntegrityError:
        partial.unlink(missing_ok=True)
        raise
    partial.replace(target)
    return True


class _Written:
    """What is on disk of a file, with the digests of it and of the layer so far."""

    def __init__(self, partial: Path, file: ModelFile, head: bytes) -> None:
        self._partial, self._file, self._head = partial, file, head
        self._layer_hash, self._file_hash = hashlib.sha256(head), hashlib.sha256()
        self._have = self._passed = 0
        if partial.exists():
            self._read()
        # The header is compared once: with nothing on disk, it is asked for.
        self.position = len(head) + self._have if self._have else 0

    def _read(self) -> None:
        with self._partial.open("rb") as handle:
            while chunk := handle.read(min(CHUNK, self._file.size - self._have)):
                self._hash(chunk)

    def _hash(self, chunk: bytes) -> None:
        self._file_hash.update(chunk)
        self._layer_hash.update(chunk)
        self._have += len(chunk)

    def take(self, chunks: Iterator[bytes]) -> bool:
        """Write what comes; say whether the layer began as ours do."""
        if not self.position:
            begun = b""
            while len(begun) < len(self._head) and (chunk := next(chunks, b"")):
                begun += chunk
            if not begun.startswith(self._head):
                return False
            chunks = _before(begun[len(self._head) :], chunks)
        with self._partial.open("r+b" if self._have else "wb") as handle:
            handle.truncate(self._have)
            handle.seek(self._have)
            for chunk in chunks:
                body = chunk[: self._file.size - self._have]
                handle.write(body)
                self._hash(body)
                self._passed += len(chunk) - len(body)
                self._layer_hash.update(chunk[len(body) :])
                if len(self._head) + self._have + self._passed > self._file.layer.size:
                    break
        return True

    def check(self, repository: str) -> None:
        """Refuse a layer or a file that is not what its digest says."""
        length = len(self._head) + self._have + self._passed
        check(self._file.layer, length, self._layer_hash.hexdigest(), repository)
        found = f"sha256:{self._file_hash.hexdigest()}"
        if found != self._file.digest:
            raise IntegrityError(
                "a file is not what the manifest says", where=self._file.path, found=found, expected=self._file.digest
            )


def _before(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _unpack(blobs: Blobs, repository: str, file: ModelFile, target: Path) -> None:
    """Bring a layer whole, and take the file out of it."""
    layer = target.with_name(target.name + ".layer")
    blobs.download(repository, file.layer, layer)
    try:
        unpack(layer, file, target)
    finally:
        layer.unlink(missing_ok=True)
