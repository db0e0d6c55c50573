"""What a ledger knows of a version: that its registry was set back, when it went up, and who pushed it."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.audit.canonical import parse
from headgate.audit.persons import PREFIX
from headgate.audit.place import is_begun, read
from headgate.audit.reader import LedgerReader
from headgate.audit.terms import moment
from headgate.model.proofs.standing import Standing
from headgate.model.proofs.trust import Step

_MOVES = ("promote", "demote")
# So many entries before one say how late it was when it was appended.
_NEIGHBOURS = 256


def set_back(standing: Standing, ledger: Path) -> list[str]:
    """Say where the registry's stage is not the last one that was recorded; nothing, if it is."""
    recorded = last_recorded(standing.model.digest, ledger)
    if recorded is None or recorded == str(standing.claimed):
        return []
    return [
        f"stage: replayed: the registry says {standing.claimed}, the ledger that it went to {recorded}: "
        "statements were taken out of the registry"
    ]


@dataclass(frozen=True)
class Sighting:
    """What a ledger says of a step: not before when it was taken; or that it has the step's approvals, and not it."""

    since: datetime.datetime | None = None
    lacks: bool = False


@dataclass(frozen=True)
class Recorded:
    """When steps up were taken, by the order of a ledger: the date of a statement is its signer's word."""

    ledger: Path

    def sightings(self, steps: Sequence[Step], now: datetime.datetime) -> list[Sighting]:
        """Say of each step what the ledger says. Of versions that others record elsewhere it says nothing."""
        if not is_begun(self.ledger):
            return [Sighting() for _ in steps]
        reader = read(self.ledger)
        events: dict[str, list[tuple[int, Mapping[str, Any]]]] = {each.model.digest: [] for each in steps}
        for number, data in _events(reader, events):
            events[data["digest"]].append((number, data))
        return [_sighting(reader, step, events[step.model.digest], now) for step in steps]


def _sighting(
    reader: LedgerReader, step: Step, events: Sequence[tuple[int, Mapping[str, Any]]], now: datetime.datetime
) -> Sighting:
    """Return what the events of a version say of one step of it."""
    to = str(step.to)
    of_it = [(number, data) for number, data in events if data.get("to") == to]
    taken = [number for number, data in of_it if data.get("ground") == step.ground and _is_taken(data)]
    # What was recorded before steps were told apart in it.
    taken = taken[:1] or [number for number, data in of_it if "ground" not in data and _is_taken(data)][-1:]
    if taken:
        return Sighting(_reached(reader, taken[0], now))
    return Sighting(lacks=any(data.get("action") == "approve" for _, data in of_it))


def _is_taken(data: Mapping[str, Any]) -> bool:
    """Say whether an event tells that a step was taken: by whom it was, or by who approved it afterwards."""
    return data.get("action") == "promote" or (data.get("action") == "approve" and data.get("taken") is True)


def _reached(reader: LedgerReader, number: int, now: datetime.datetime) -> datetime.datetime | None:
    """Return how late it was when an entry was appended, whatever it says itself: as late as others before it say."""
    entries = (reader.entry(each) for each in range(max(0, number - _NEIGHBOURS), number + 1))
    times = (_time(entry) for entry in entries)
    return max((each for each in times if each and each <= now), default=None)


def _time(entry: bytes) -> datetime.datetime | None:
    """Return an entry's time, if it has one."""
    try:
        said = moment(str(parse(entry)["time"]))
    except (ValueError, LookupError, TypeError):
        return None
    return datetime.datetime.fromisoformat(said[:26]).replace(tzinfo=datetime.UTC)


def last_recorded(digest: str, ledger: Path) -> str | None:
    """Return the last stage that a digest was recorded to have gone to."""
    last: str | None = None
    for _, data in _events(read(ledger), {digest}):
        if data.get("action") in _MOVES:
            last = str(data.get("to"))
        elif data.get("action") in {f"{each}-failed" for each in _MOVES}:
            last = str(data.get("from"))
    return last


def pushers(digest: str, ledger: Path) -> frozenset[str]:
    """Return who pushed a version, as far as it was recorded under their names: a registry does not say it."""
    found = (str(data.get("by", "")) for _, data in _events(read(ledger), {digest}) if data.get("action") == "push")
    return frozenset(name for name in found if name and not name.startswith(PREFIX))


def _events(reader: LedgerReader, digests: Collection[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield what was recorded of versions, in order, with the numbers of the entries."""
    for number, entry in reader.marked([b'"kind":"model"']):
        if parse(entry).get("kind") != "model":
            continue
        data = reader.document(entry).get("data")
        if isinstance(data, dict) and data.get("digest") in digests:
            yield number, data
