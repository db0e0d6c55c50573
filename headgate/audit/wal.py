"""The write-ahead file: what was acknowledged and is in no checkpoint yet.

One frame per commit, flushed before anyone is told. A frame is a header (magic, index of its first entry, number of
entries, length, SHA-256 over all of it, checksum of the header) and a bundle. Only the last frame can be torn: there is
one writer, and it flushes each frame before it writes the next.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from headgate.audit.durable import OWNER_ONLY, flush_folder, write_all
from headgate.audit.tiles import entries_of

_FIELDS = struct.Struct(">4sQII32s")
_HEADER = _FIELDS.size + 4
_MAGIC = b"HGW1"


@dataclass(frozen=True, slots=True)
class Frame:
    """One commit."""

    first: int
    entries: list[bytes]


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a write-ahead file holds: whole frames, how long they are, and damage that no crash explains."""

    frames: list[Frame]
    length: int
    torn: int
    damage: str | None

    def entries_from(self, size: int) -> list[bytes]:
        """Return the entries at and behind an index; ValueError when there is a gap."""
        found: list[bytes] = []
        for frame in self.frames:
            skip = size + len(found) - frame.first
            if skip < 0:
                raise ValueError(f"the write-ahead file jumps from entry {size + len(found)} to {frame.first}")
            found.extend(frame.entries[skip:])
        return found


def _digest(first: int, count: int, body: bytes) -> bytes:
    """Return the hash that binds a frame's place to its content."""
    return hashlib.sha256(struct.pack(">QI", first, count) + body).digest()


def encode_frame(first: int, count: int, body: bytes) -> bytes:
    """Return one commit as bytes."""
    fields = _FIELDS.pack(_MAGIC, first, count, len(body), _digest(first, count, body))
    return fields + zlib.crc32(fields).to_bytes(4, "big") + body


def _header_at(content: bytes, at: int) -> tuple[int, int, int, bytes] | None:
    """Read first, count, length and digest of a header; None when it is no whole and right one."""
    fields, checksum = content[at : at + _FIELDS.size], content[at + _FIELDS.size : at + _HEADER]
    if len(checksum) != 4 or zlib.crc32(fields) != int.from_bytes(checksum, "big"):
        return None
    magic, first, count, length, digest = _FIELDS.unpack(fields)
    return (first, count, length, digest) if magic == _MAGIC else None


def _frame_at(content: bytes, at: int) -> tuple[Frame, int] | None:
    """Read the frame at an offset; None when there is no whole and right one."""
    header = _header_at(content, at)
    if header is None:
        return None
    first, count, length, digest = header
    body = content[at + _HEADER : at + _HEADER + length]
    if len(body) != length or digest != _digest(first, count, body):
        return None
    entries = entries_of(body)
    return (Frame(first, entries), at + _HEADER + length) if len(entries) == count else None


def count_of(frame: bytes) -> int:
    """Return how many entries one whole commit has; none where it is damaged, which `recover` tells."""
    found = _frame_at(frame, 0)
    return len(found[0].entries) if found else 0


def _damage_behind(content: bytes, at: int) -> str | None:
    """Tell damage from a torn last frame, which alone a crash can leave."""
    rest = len(content) - at
    if rest < _HEADER:
        return None
    header = _header_at(content, at)
    if header is None:
        return f"no frame begins at byte {at}"
    if rest >= _HEADER + header[2]:
        return f"the frame at byte {at} does not match its hash"
    return None


def recover(path: Path) -> Recovered:
    """Read a write-ahead file and say where its whole frames end."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        content = b""
    frames: list[Frame] = []
    at = 0
    while found := _frame_at(content, at):
        frames.append(found[0])
        at = found[1]
    damage = _damage_behind(content, at) if at < len(content) else None
    return Recovered(frames, at, len(content) - at, damage)


class WriteAheadFile:
    """The open file, positioned behind its last whole frame."""

    def __init__(self, path: Path, length: int) -> None:
        """Open it and cut off what a crash left unfinished."""
        is_new = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
        self._length = length
        try:
            os.ftruncate(self._file, length)
            os.fsync(self._file)
            if is_new:
                flush_folder(path.parent)
        except OSError:
            os.close(self._file)
            raise

    @property
    def length(self) -> int:
        """How many bytes wait for a checkpoint."""
        return self._length

    def commit(self, frame: bytes) -> None:
        """Make one frame durable; on failure the file is as it was before."""
        os.lseek(self._file, self._length, os.SEEK_SET)
        try:
            write_all(self._file, frame)
            os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, self._length)
            raise
        self._length += len(frame)

    def clear(self) -> None:
        """Forget frames that a durable checkpoint covers."""
        os.ftruncate(self._file, 0)
        self._length = 0

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
