"""What leaves the ledger: an entry with its place and its hash, proven against the checkpoint before it goes.

Owns the proof, a page of 256 entries at a time. In which form a record leaves is its destination's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from headgate.audit.canonical import canonical, parse
from headgate.audit.entry import is_time
from headgate.audit.merkle import HASH, WIDTH, leaf_hashes
from headgate.audit.reader import LedgerReader
from headgate.errors import HeadgateError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """One entry: whose, which, its RFC 6962 leaf hash, its bytes, and what they say where they are an envelope."""

    origin: str
    index: int
    leaf: bytes
    entry: bytes
    envelope: dict[str, Any] | None

    def named(self, field: str) -> str:
        """Return a field of the envelope; empty where there is none."""
        found = (self.envelope or {}).get(field)
        return found if isinstance(found, str) else ""

    @property
    def time(self) -> str | None:
        """When it happened, as RFC 3339; None where the entry does not say."""
        found = self.named("time")
        return found if is_time(found) else None

    @property
    def nanoseconds(self) -> int | None:
        """The same in nanoseconds since 1970; None before then, too."""
        time = self.time
        if time is None:
            return None
        whole, _, rest = time.partition(".")
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        moment = datetime.fromisoformat(whole + rest[len(digits) :])
        since = moment - _EPOCH
        found = (since.days * 86400 + since.seconds) * 1_000_000_000 + int(digits.ljust(9, "0") or 0)
        return found if found >= 0 else None

    @property
    def text(self) -> str | None:
        """The entry's bytes as text; None where they are none."""
        try:
            return self.entry.decode()
        except UnicodeDecodeError:
            return None


def record_of(origin: str, index: int, leaf: bytes, entry: bytes) -> Record:
    """Read an entry. What is not canonical JSON has no envelope: written again, it would have another hash."""
    try:
        document = parse(entry)
        is_canonical = isinstance(document, dict) and canonical(document) == entry
    except ValueError:
        is_canonical = False
    return Record(origin, index, leaf, entry, document if is_canonical else None)


def proven(reader: LedgerReader, start: int) -> Iterator[list[Record]]:
    """Yield the entries from `start` on, in pages, each of which leads to the signed root."""
    checkpoint = reader.checkpoint
    for first in range(start // WIDTH * WIDTH if start < checkpoint.size else checkpoint.size, checkpoint.size, WIDTH):
        entries = [entry for _, entry in reader.entries(first, first + WIDTH)]
        leaves = _split(leaf_hashes(entries))
        for index, leaf in enumerate(leaves, first):
            if reader.leaf(index) != leaf:
                raise _unproven(reader, f"entry {index} is not the one that was appended")
        yield [
            record_of(checkpoint.origin, first + at, leaves[at], entries[at])
            for at in range(max(start - first, 0), len(entries))
        ]


def _split(hashes: bytes) -> list[bytes]:
    """Return concatenated hashes one by one."""
    return [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]


def _unproven(reader: LedgerReader, found: str) -> HeadgateError:
    """Return the error of a ledger whose entries its checkpoint does not prove."""
    return HeadgateError(
        "the ledger is damaged: what its checkpoint does not prove is not delivered",
        where=str(reader.folder.root),
        found=found,
        fix="run `headgate audit verify` to see what is affected, and restore it from a copy",
    )
