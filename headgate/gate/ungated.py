"""Updates that no gate recorded: a stack's state against what the ledger last knew of it.

Whoever works on a stack on the protected path leaves the digest of its state in the ledger, also where the work failed
half-way. A state that is another has been changed by somebody else, or by a process that was killed before it could
say so. Owns the comparison; whom to call is the caller's business.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from headgate.audit.canonical import parse
from headgate.audit.entry import Alarm, Entry, Kind
from headgate.audit.place import is_begun, read
from headgate.audit.reader import LedgerReader
from headgate.errors import HeadgateError
from headgate.plan.actions import digest_of_state

# Work that began and did not end well: no deployment, and no proof of what runs.
ATTEMPT = "attempt"
STATE = "state"
PROTECTED = "protected"
_MARKS = tuple(f'"{kind}"'.encode() for kind in (Kind.DEPLOYMENT, ATTEMPT, Alarm.UNGATED))


@dataclass(frozen=True)
class Known:
    """What the ledger last knew of a stack: its state's digest, since when, whether people have to approve changes."""

    state: str
    time: str
    is_protected: bool = False
    told: frozenset[str] = frozenset()
    """States that an alarm was raised about since."""


@dataclass(frozen=True)
class Ungated:
    """A state that the ledger does not know, and the last one that it does."""

    stack: str
    found: str
    known: str
    time: str
    is_told: bool = False
    """The ledger has the alarm."""

    def entry(self) -> Entry:
        """Return the alert."""
        said = {"alert": str(Alarm.UNGATED), "found": self.found, "known": self.known, "since": self.time}
        return Entry(kind=Kind.ALERT, subject=self.stack, data=said)


class Knowledge:
    """What a ledger knows of all stacks, brought up to date by what it has more: for whoever looks again and again."""

    def __init__(self, ledger: Path) -> None:
        self._ledger, self._size = ledger, 0
        self.stacks: dict[str, Known] = {}

    def update(self) -> None:
        """Take in the entries that were published since."""
        if not is_begun(self._ledger):
            return
        reader = read(self._ledger)
        for _, entry in reader.marked(_MARKS, self._size):
            if (found := _told_by(reader, entry)) is not None:
                stack, told = found
                if (known := _after(self.stacks.get(stack), told)) is not None:
                    self.stacks[stack] = known
        self._size = reader.checkpoint.size


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
    if not is_begun(ledger):
        return None
    return compared(stack, _last_known(read(ledger), stack), file)


def compared(stack: str, known: Known | None, file: Path) -> Ungated | None:
    """Return what a state has that the ledger does not know."""
    found = state_digest(file)
    if known is None or known.state == found:
        return None
    return Ungated(stack, found, known.state, known.time, found in known.told)


def _last_known(reader: LedgerReader, stack: str) -> Known | None:
    """Return what the ledger last knew of a stack.

    From the newest entry backwards: what counts is near the end, and an index, which anybody may have written, is not
    asked for it.
    """
    told: list[Known | str] = []
    for number in reversed(range(reader.checkpoint.size)):
        found = _told_by(reader, reader.entry(number))
        if found is None or found[0] != stack:
            continue
        told.append(found[1])
        if isinstance(found[1], Known):
            break
    known: Known | None = None
    for each in reversed(told):
        known = _after(known, each)
    return known


def _told_by(reader: LedgerReader, entry: bytes) -> tuple[str, Known | str] | None:
    """Return the stack that an entry is about, and its state, or the state that an alarm was raised about."""
    if not any(mark in entry for mark in _MARKS):
        return None
    envelope = parse(entry)
    if envelope["kind"] not in (Kind.DEPLOYMENT, ATTEMPT, Kind.ALERT):
        return None
    stack, data = envelope["subject"], reader.document(entry).get("data")
    if not isinstance(data, dict):
        return None
    if envelope["kind"] == Kind.ALERT:
        return (stack, str(data.get("found"))) if data.get("alert") == Alarm.UNGATED else None
    if not isinstance(data.get(STATE), str):
        return None
    return stack, Known(data[STATE], envelope["time"], data.get(PROTECTED) is True or "plan" in data)


def _after(known: Known | None, told: Known | str) -> Known | None:
    """Return what is known after one more entry."""
    if isinstance(told, Known):
        return told
    return replace(known, told=known.told | {told}) if known else None
