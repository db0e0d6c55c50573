"""JSON lines as entries: all of a file is validated before any of it is appended.

To a ledger that this process holds, or through the collector that holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from headgate.audit.canonical import parse
from headgate.audit.entry import envelope, portable
from headgate.audit.writer import Ledger
from headgate.errors import HeadgateError

_BATCH = 1024
_LENGTH = 4
# What one request to a collector carries: a quarter of what it takes, unless a single entry is larger.
_REQUEST = 4 * 1024 * 1024

Encode = Callable[[dict[str, Any]], bytes]


@dataclass(frozen=True)
class Appended:
    """What became of a file: its first and last entries, how many, and how many lines were no envelopes."""

    first: int
    last: int
    count: int
    foreign: int


def append_lines(ledger: Ledger, lines: IO[bytes], name: str, *, is_strict: bool = False) -> Appended:
    """Append every line of a file, or none; the error names the first line that can't be kept."""
    with TemporaryFile(dir=ledger.folder.scratch) as spool:
        foreign = _spool(lines, name, spool, ledger.encode, is_strict)
        first, last, count = ledger.size, ledger.size - 1, 0
        for batch in _batches(spool):
            last = ledger.append(batch).stop - 1
            count += len(batch)
    return Appended(first, last, count, foreign)


def send_lines(
    send: Callable[[bytes], range], size: int, lines: IO[bytes], name: str, *, is_strict: bool = False
) -> Appended:
    """Send every line of a file to a collector; `size` is where the ledger ends now.

    A file that fits into one request is kept whole or not at all; of a longer one the error says how much was kept.
    """
    with TemporaryFile() as spool:
        foreign = _spool(lines, name, spool, portable, is_strict)
        first, last, count = size, size - 1, 0
        for batch in _batches(spool):
            try:
                indexes = send(b"\n".join(batch))
            except HeadgateError as error:
                if count:
                    raise _cut_off(error, name, count) from error
                raise
            first = first if count else indexes.start
            last, count = indexes.stop - 1, count + len(indexes)
    return Appended(first, last, count, foreign)


def _spool(lines: IO[bytes], name: str, spool: IO[bytes], encoded: Encode, is_strict: bool) -> int:
    """Validate and encode every line into the spool; return how many were no envelopes."""
    foreign = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            document, is_envelope = envelope(parse(line), Path(name).name)
            foreign += not is_envelope
            if is_strict and not is_envelope:
                raise ValueError("not an envelope: `kind`, and no field but time, actor, subject, data")
            entry = encoded(document)
        except ValueError as error:
            raise _bad_line(name, number, line, str(error)) from error
        spool.write(len(entry).to_bytes(_LENGTH, "big") + entry)
    spool.seek(0)
    return foreign


def _batches(spool: IO[bytes]) -> Iterator[list[bytes]]:
    """Yield the spooled entries, as many at a time as one flush, or one request, should carry."""
    batch: list[bytes] = []
    size = 0
    while length := int.from_bytes(spool.read(_LENGTH), "big"):
        if batch and (len(batch) == _BATCH or size + length > _REQUEST):
            yield batch
            batch, size = [], 0
        batch.append(spool.read(length))
        size += length
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


def _cut_off(error: HeadgateError, name: str, count: int) -> HeadgateError:
    """Return the error of a file that the collector took a part of."""
    return HeadgateError(
        f"only the first {count} entries of the file were appended: {error.what}",
        where=name,
        found=error.found,
        fix=f"append what follows the first {count} entries again once the collector answers",
    )
