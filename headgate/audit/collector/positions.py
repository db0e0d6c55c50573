"""How far a source of entries was read: a file of the ledger's, written when what was read is durable.

One process at a time holds it. Owns the file; what its numbers count is the source's own.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from headgate.audit.canonical import parse
from headgate.audit.durable import flush_folder, make_folder, write_new
from headgate.audit.lock import WriterLock
from headgate.errors import HeadgateError

_TYPE = "headgate.dev/source-position@v1"


def position_file(ledger: Path, source: str) -> Path:
    """Return where a source's positions are."""
    return ledger / "sources" / f"{hashlib.sha256(source.encode()).hexdigest()[:16]}.json"


class Positions:
    """One source's positions, by the names of its parts."""

    def __init__(self, path: Path, source: str) -> None:
        """Take the file's lock and read it; without one everything that the source still has is new."""
        self._path, self._source = path, source
        make_folder(path.parent)
        self._lock = WriterLock(path.with_name(f"{path.name}.lock"))
        try:
            self.after = self._read()
        except BaseException:
            self._lock.release()
            raise

    def _read(self) -> dict[str, int]:
        """Return the last number of each part."""
        try:
            document = parse(self._path.read_bytes())
            if (document["type"], document["source"]) != (_TYPE, self._source):
                raise ValueError(f"positions of {document['source']}")
            return {str(name): int(number) for name, number in document["after"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise HeadgateError(
                "the positions can't be read",
                where=str(self._path),
                found=str(error),
                expected=f"a file that this command wrote for {self._source}",
                fix="without the file, everything that the source still has is taken again",
            ) from error

    def advance(self, after: dict[str, int]) -> None:
        """Make durable how far it is."""
        text = json.dumps({"type": _TYPE, "source": self._source, "after": after})
        try:
            write_new(self._path, f"{text}\n".encode(), self._path.parent)
            flush_folder(self._path.parent)
        except OSError as error:
            raise HeadgateError(
                "the position can't be written; what was taken since is taken again",
                where=str(self._path),
                found=error.strerror,
                fix="make room, and run the command again",
            ) from error
        self.after = after

    def release(self) -> None:
        """Let the next process in."""
        self._lock.release()
