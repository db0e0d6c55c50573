"""An API server's audit log as a source: files that it writes to, renames when they are full, and deletes by number.

A file is known by its first line, whatever its name is by now: that has an event's own id. Owns where in which file we
are, and whether what was there is gone; what an event says is `kubernetes`' to know.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from headgate.audit.collector.positions import Positions

_CURRENT, _FULL = "audit.log", "audit-*.log"
# Within it an event's id stands, and two files that began with the same have none.
_HEAD = 512
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Batch:
    """Whole lines, where they end, what is still behind them, and whether others were deleted before they were read."""

    lines: tuple[bytes, ...]
    file: str
    end: int
    waiting: int
    is_gap: bool

    @property
    def size(self) -> int:
        """How many bytes its lines take."""
        return sum(map(len, self.lines))


@dataclass(frozen=True)
class _File:
    name: str
    path: Path


class AuditLog:
    """The log in a folder, read from where it was left."""

    def __init__(self, folder: Path, positions: Positions) -> None:
        """Take the folder, and how far it was read; before the first time, that is nowhere."""
        self._folder, self._positions = folder, positions
        self._at = next(iter(positions.after.items()), None)

    def next(self) -> Batch | None:
        """Return what comes next; None where there is nothing, or a file was renamed while we looked."""
        files = self._files()
        try:
            return self._batch(files) if files else None
        except FileNotFoundError:
            return None

    def _files(self) -> list[_File]:
        """Return the files that have a first line, the oldest first.

        The current one is looked at before the full ones are listed: a file that is renamed in between is seen twice,
        and not missed.
        """
        current = self._folder / _CURRENT
        first = _name(current)
        found = {name: path for path in sorted(self._folder.glob(_FULL)) if (name := _name(path))}
        if first:
            found.setdefault(first, current)
        return [_File(name, path) for name, path in found.items()]

    def _batch(self, files: list[_File]) -> Batch | None:
        names = [one.name for one in files]
        known = self._at is not None and self._at[0] in names
        number, start = (names.index(self._at[0]), self._at[1]) if self._at and known else (0, 0)
        is_gap = self._at is not None and not known
        # What another one follows is never written to again.
        while (content := _read(files[number], start, is_whole=number + 1 < len(files))) == b"":
            if number + 1 == len(files):
                return Batch((), names[number], start, 0, is_gap) if is_gap else None
            number, start = number + 1, 0
        if content is None:
            return None
        end = start + len(content)
        waiting = sum(one.path.stat().st_size for one in files[number:]) - end
        lines = tuple(line for line in content.split(b"\n") if line)
        return Batch(lines, names[number], end, max(0, waiting), is_gap)

    def passed(self, batch: Batch, *, is_durable: bool) -> None:
        """Go on behind a batch. Lines that nothing was kept of may be read again; their file may be gone by then."""
        self._at = (batch.file, batch.end)
        if is_durable or batch.file not in self._positions.after:
            self._positions.advance({batch.file: batch.end})


def _name(path: Path) -> str:
    """Return what a file is known by; nothing before its first line is there."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        return ""
    line, newline, _ = head.partition(b"\n")
    return hashlib.sha256(line).hexdigest() if newline or len(head) == _HEAD else ""


def _read(file: _File, start: int, *, is_whole: bool) -> bytes | None:
    """Return whole lines behind a place; None where the file is another by now."""
    with file.path.open("rb") as opened:
        line = opened.read(_HEAD).partition(b"\n")[0]
        if hashlib.sha256(line).hexdigest() != file.name:
            return None
        opened.seek(start)
        content = opened.read(_CHUNK)
        if len(content) == _CHUNK:
            content += opened.readline()
    # The end of a file that its writer died over is no line, and nothing comes behind it.
    return content if is_whole else content[: content.rfind(b"\n") + 1]
