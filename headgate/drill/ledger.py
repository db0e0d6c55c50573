"""A drill in the ledger: that it began, how it ended, and whether the ledger lost anything over it.

The recovery point of a platform is what its ledger still has: each entry that was acknowledged before the region went
out has to be there afterwards, byte for byte, in a log that grew out of the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.audit import Entry, record
from headgate.audit.entry import Kind
from headgate.audit.place import published, read
from headgate.errors import HeadgateError

FAILOVER = "failover"
BEGAN, SUCCEEDED, FAILED = "began", "succeeded", "failed"


@dataclass(frozen=True)
class Begun:
    """A ledger as it was when a drill began."""

    ledger: Path
    note: str
    size: int

    def lost(self) -> tuple[int | None, str]:
        """Return how many entries of then are gone, and what is wrong; None where that can't be counted."""
        try:
            reader = read(self.ledger)
            if reader.checkpoint.size < self.size:
                return self.size - reader.checkpoint.size, "the ledger was set back"
            reader.prove_growth(self.note)
        except (HeadgateError, OSError, ValueError) as error:
            return None, error.what if isinstance(error, HeadgateError) else str(error)
        return 0, ""


def begin(ledger: Path, stack: str, data: dict[str, Any]) -> Begun:
    """Record that a drill begins, and remember the ledger with that entry in it; refuse where it can't be recorded."""
    places = record(ledger, [Entry(Kind.DRILL, stack, {"drill": FAILOVER, "result": BEGAN, **data})])
    size = places.stop
    checkpoint = published(ledger, size) if places else None
    if checkpoint is None or checkpoint.size < size:
        raise HeadgateError(
            "the ledger takes no entries now, so a drill could not be recorded",
            where=str(ledger),
            found="the entry waits in the spool" if not places else "no signed checkpoint has the entry",
            expected="a ledger that acknowledges at once",
            fix="headgate audit drain; headgate sandbox status",
        )
    return Begun(ledger, read(ledger).note, size)


def end(ledger: Path, stack: str, succeeded: bool, data: dict[str, Any]) -> None:
    """Record how a drill ended."""
    result = SUCCEEDED if succeeded else FAILED
    record(ledger, [Entry(Kind.DRILL, stack, {"drill": FAILOVER, "result": result, **data})])
