"""Where entries wait while the collector does not answer: durable, in order, and bounded.

HEADGATE_LEDGER_SPOOL names the folder; without it there is no spool, and a gate that can't record closes at once.
HEADGATE_LEDGER_SPOOL_BYTES bounds it (64 MiB); when it is full, gates close. What waited is sent before anything new; a
collector that dies between keeping a request and answering it may get that request twice, byte for byte the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.audit.durable import flush_folder, make_folder, write_new
from headgate.audit.entry import portable
from headgate.audit.lock import WriterLock
from headgate.errors import HeadgateError

VARIABLE = "HEADGATE_LEDGER_SPOOL"
LIMIT_VARIABLE = f"{VARIABLE}_BYTES"
LIMIT = 64 * 1024 * 1024
_WAIT = 30.0


@dataclass(frozen=True)
class Spool:
    """A folder of requests that wait, each a file of JSON lines."""

    folder: Path
    limit: int = LIMIT

    def waiting(self) -> list[Path]:
        """Return the files that wait, the oldest first."""
        return sorted(self.folder.glob("*.jsonl"))

    def put(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Keep envelopes, masked, until they can be sent; raises when there is no room, so that a gate can close."""
        body = b"".join(portable(document) + b"\n" for document in documents)
        try:
            make_folder(self.folder / "scratch")
            with _Locked(self.folder):
                waiting = self.waiting()
                used = sum(path.stat().st_size for path in waiting)
                if used + len(body) > self.limit:
                    raise self._full(used)
                number = int(waiting[-1].stem) + 1 if waiting else 0
                write_new(self.folder / f"{number:012}.jsonl", body, self.folder / "scratch")
                flush_folder(self.folder)
        except OSError as error:
            raise HeadgateError(
                "the collector does not answer, and the spool can't be written: the entries were not recorded",
                where=str(self.folder),
                found=error.strerror or str(error),
                fix=f"make room, or name another folder in {VARIABLE}",
            ) from error

    def _full(self, used: int) -> HeadgateError:
        """Return the error that closes a gate."""
        return HeadgateError(
            "the collector does not answer, and the spool is full: the entries were not recorded",
            where=str(self.folder),
            found=f"{used} of {self.limit} bytes wait",
            fix=f"start the collector and run `headgate audit drain`; {LIMIT_VARIABLE} sets the limit",
        )

    def drain(self, send: Callable[[bytes], range]) -> int:
        """Send what waits, in order, and return how many requests that were; the first that fails stays, and raises."""
        if not self.folder.is_dir() or not self.waiting():
            return 0
        sent = 0
        with _Locked(self.folder):
            for path in self.waiting():
                send(path.read_bytes())
                path.unlink()
                flush_folder(self.folder)
                sent += 1
        return sent


class _Locked:
    """One process at a time puts or sends: the order of what waits is the order of the ledger."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"

    def __enter__(self) -> None:
        self._lock = WriterLock(self._path, _WAIT)

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def configured_spool() -> Spool | None:
    """Return the spool that this shell has."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    limit = os.environ.get(LIMIT_VARIABLE) or str(LIMIT)
    if not limit.isascii() or not limit.isdigit():
        raise HeadgateError(
            "the spool's limit can't be read", where=LIMIT_VARIABLE, found=limit, expected="a number of bytes"
        )
    return Spool(Path(folder), int(limit))
