"""Updates that no gate recorded: a stack's state against what the ledger last knew of it.

Whoever works on a stack on the protected path leaves the digest of its state in the ledger, also where the work failed
half-way. A state that is another has been changed by somebody else, or by a process that was killed before it could
say so. Owns the comparison; whom to call is the caller's business.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from headgate.audit.canonical import parse
from headgate.audit.entry import Alarm, Entry, Kind
from headgate.audit.reader import LedgerReader
from headgate.errors import HeadgateError
from headgate.plan.actions import digest_of_state

# Work that began and did not end well: no deployment, and no proof of what runs.
ATTEMPT = "attempt"
STATE = "state"
_MARKS = {kind: f'"{kind}"'.encode() for kind in (Kind.DEPLOYMENT, ATTEMPT)}


@dataclass(frozen=True)
class Ungated:
    """A state that the ledger does not know, and the last one that it does."""

    stack: str
    found: str
    known: str
    time: str

    def entry(self) -> Entry:
        """Return the alert."""
        said = {"alert": str(Alarm.UNGATED), "found": self.found, "known": self.known, "since": self.time}
        return Entry(kind=Kind.ALERT, subject=self.stack, data=said)


def state_digest(file: Path) -> str:
    """Return the digest of the state that a file back end keeps; of a stack that was never made, that of nothing."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return digest_of_state({"deployment": document["checkpoint"].get("latest") or {}})
    except FileNotFoundError:
        return digest_of_state({"deployment": {}})
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise HeadgateError(
            "the state can't be read, so nobody knows whether a gate let its last change through",
            where=str(file),
            found=repr(error),
            expected="a stack of Pulumi's file back end",
            fix="run it where the back end of the stack is",
        ) from error


def ungated(ledger: Path, stack: str, file: Path) -> Ungated | None:
    """Return what changed without a gate's record; None where nothing did, or where the ledger knows no state yet."""
    if not (ledger / "checkpoint").is_file():
        return None
    last = _last_known(LedgerReader(ledger), stack)
    found = state_digest(file)
    return Ungated(stack, found, *last) if last and last[0] != found else None


def _last_known(reader: LedgerReader, stack: str) -> tuple[str, str] | None:
    """Return the digest of the state that the ledger last knew, and since when.

    From the newest entry backwards: what counts is near the end, and an index, which anybody may have written, is not
    asked for it.
    """
    for number in reversed(range(reader.checkpoint.size)):
        entry = reader.entry(number)
        if not any(mark in entry for mark in _MARKS.values()):
            continue
        if (envelope := parse(entry))["kind"] not in _MARKS or envelope["subject"] != stack:
            continue
        data = reader.document(entry).get("data")
        if isinstance(data, dict) and isinstance(data.get(STATE), str):
            return data[STATE], envelope["time"]
    return None
