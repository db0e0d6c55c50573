"""JSON lines as entries: all of a file is validated before any of it is appended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from headgate.audit.canonical import parse
from headgate.audit.entry import encode, envelope
from headgate.audit.writer import Ledger
from headgate.errors import HeadgateError

_BATCH = 1024
_LENGTH = 4


@dataclass(frozen=True)
class Appended:
    """What became of a file: where its entries are, and how many of its lines were no envelopes."""

    first: int
    count: int
    foreign: int


def append_lines(ledger: Ledger, lines: IO[bytes], name: str, *, is_strict: bool = False) -> Appended:
    """Append every line of a file, or none; the error names the first line that can't be kept."""
    foreign = 0
    with TemporaryFile(dir=ledger.folder.scratch) as spool:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                document, is_envelope = envelope(parse(line), Path(name).name)
                foreign += not is_envelope
                if is_strict and not is_envelope:
                    raise ValueError("not an envelope: `kind`, and no field but time, actor, subject, data")
                entry = encode(document, ledger.folder.keep_blob)
            except ValueError as error:
                raise _bad_line(name, number, line, str(error)) from error
            spool.write(len(entry).to_bytes(_LENGTH, "big") + entry)
        spool.seek(0)
        first = ledger.size
        for batch in _batches(spool):
            ledger.append(batch)
    return Appended(first, ledger.size - first, foreign)


def _batches(spool: IO[bytes]) -> Iterator[list[bytes]]:
    """Yield the spooled entries, as many at a time as one flush should carry."""
    batch: list[bytes] = []
    while length := spool.read(_LENGTH):
        batch.append(spool.read(int.from_bytes(length, "big")))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _bad_line(name: str, number: int, line: bytes, reason: str) -> HeadgateError:
    """Return the error of one line. It shows the line's beginning only: a line may hold what must not be shown."""
    return HeadgateError(
        f"not an entry: {reason}",
        where=f"{name}:{number}",
        found=f"{len(line)} bytes beginning with {line[:1].decode(errors='replace')!r}",
        expected="one JSON object a line",
        fix="correct the line and append the file again: nothing of it was appended",
    )
