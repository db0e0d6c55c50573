"""What a ledger knows of a version: that its registry was set back to older statements, and who pushed it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from headgate.audit.canonical import parse
from headgate.audit.persons import PREFIX
from headgate.audit.reader import LedgerReader
from headgate.model.proofs.standing import Standing

_MOVES = ("promote", "demote")


def set_back(standing: Standing, ledger: Path) -> list[str]:
    """Say where the registry's stage is not the last one that was recorded; nothing, if it is."""
    recorded = last_recorded(standing.model.digest, ledger)
    if recorded is None or recorded == str(standing.claimed):
        return []
    return [
        f"stage: replayed: the registry says {standing.claimed}, the ledger that it went to {recorded}: "
        "statements were taken out of the registry"
    ]


def last_recorded(digest: str, ledger: Path) -> str | None:
    """Return the last stage that a digest was recorded to have gone to."""
    last: str | None = None
    for data in _events(digest, ledger):
        if data.get("action") in _MOVES:
            last = str(data.get("to"))
        elif data.get("action") in {f"{each}-failed" for each in _MOVES}:
            last = str(data.get("from"))
    return last


def pushers(digest: str, ledger: Path) -> frozenset[str]:
    """Return who pushed a version, as far as it was recorded under their names: a registry does not say it."""
    found = (str(data.get("by", "")) for data in _events(digest, ledger) if data.get("action") == "push")
    return frozenset(name for name in found if name and not name.startswith(PREFIX))


def _events(digest: str, ledger: Path) -> Iterator[Mapping[str, Any]]:
    """Yield what was recorded of a version, in order."""
    mark = digest.encode()
    reader = LedgerReader(ledger)
    for _, entry in reader.entries():
        # Most entries are something else: not parsing them makes a long ledger quick to look through.
        if mark not in entry or parse(entry)["kind"] != "model":
            continue
        data = reader.document(entry).get("data")
        if isinstance(data, dict) and data.get("digest") == digest:
            yield data
