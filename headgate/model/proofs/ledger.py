"""What a ledger knows of a version's stages: a registry that was set back to older statements can't tell it itself."""

from __future__ import annotations

from pathlib import Path

from headgate.audit.canonical import parse
from headgate.audit.reader import LedgerReader
from headgate.model.proofs.standing import Standing

_MOVES = ("promote", "demote")


def set_back(standing: Standing, ledger: Path) -> list[str]:
    """Say where the registry's stage is not the last one that was recorded; nothing, if it is."""
    recorded = last_recorded(standing.model.digest, ledger)
    if recorded is None or recorded == str(standing.stage):
        return []
    return [
        f"stage: replayed: the registry says {standing.stage}, the ledger that it went to {recorded}: "
        "statements were taken out of the registry"
    ]


def last_recorded(digest: str, ledger: Path) -> str | None:
    """Return the last stage that a digest was recorded to have gone to."""
    mark = digest.encode()
    reader = LedgerReader(ledger)
    last: str | None = None
    for _, entry in reader.entries():
        # Most entries are something else: not parsing them makes a long ledger quick to look through.
        if mark not in entry or parse(entry)["kind"] != "model":
            continue
        data = reader.document(entry).get("data")
        if not isinstance(data, dict) or data.get("digest") != digest:
            continue
        if data.get("action") in _MOVES:
            last = str(data.get("to"))
        elif data.get("action") in {f"{each}-failed" for each in _MOVES}:
            last = str(data.get("from"))
    return last
