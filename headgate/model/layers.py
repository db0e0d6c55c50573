"""Reading a layer back: the one file that the manifest says, and nothing else that an archive might hold."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path

from headgate.model.artifact import ModelFile
from headgate.model.content import CHUNK
from headgate.model.errors import IntegrityError


class HashedStream:
    """A stream of chunks, readable once like a file, that hashes all that passes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._pending = b""
        self._hash = hashlib.sha256()
        self.length = 0

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; fewer only at the end."""
        while len(self._pending) < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            self._hash.update(chunk)
            self.length += len(chunk)
            self._pending += chunk
        taken, self._pending = self._pending[:size], self._pending[size:]
        return taken

    def drain(self) -> None:
        """Read to the end, so that the digest covers everything."""
        while self.read(CHUNK):
            pass

    @property
    def hexdigest(self) -> str:
        """The digest of what has passed."""
        return self._hash.hexdigest()


def digest_in_layer(stream: HashedStream, file: ModelFile) -> str:
    """Return the digest of the file inside its layer, or say that it is not there."""
    with tarfile.open(fileobj=stream, mode="r|", bufsize=CHUNK) as archive:  # type: ignore[call-overload]
        for member in archive:
            content = archive.extractfile(member) if member.isfile() and member.name == file.path else None
            if content is not None:
                seen = hashlib.sha256()
                while chunk := content.read(CHUNK):
                    seen.update(chunk)
                return f"sha256:{seen.hexdigest()}"
    return "no such file in the layer"


def unpack(layer: Path, file: ModelFile, target: Path) -> None:
    """Write the file of a layer to `target`, verified before it gets its name."""
    partial = target.with_name(target.name + ".partial")
    with tarfile.open(layer, "r:") as archive:
        member = next((entry for entry in archive if entry.isfile() and entry.name == file.path), None)
        content = archive.extractfile(member) if member else None
        if content is None:
            raise IntegrityError("a layer does not hold its file", where=file.layer.digest, expected=file.path)
        with partial.open("wb") as handle:
            while chunk := content.read(CHUNK):
                handle.write(chunk)
    found = file_digest(partial)
    if found != file.digest:
        partial.unlink()
        raise IntegrityError("a file is not what the manifest says", where=file.path, found=found, expected=file.digest)
    partial.replace(target)


def file_digest(path: Path) -> str:
    """Return the digest of a file on disk."""
    with path.open("rb") as handle:
        return f"sha256:{hashlib.file_digest(handle, 'sha256').hexdigest()}"
