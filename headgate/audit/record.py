"""Appends from wherever a gate runs: to the collector when one holds the ledger, else to the folder itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from headgate.audit import client
from headgate.audit.entry import Entry, envelope
from headgate.audit.lock import is_held
from headgate.audit.writer import Ledger

COLLECTOR = "collector.json"


def record(ledger: Path, entries: Sequence[Entry | Mapping[str, Any]], wait: float = 10.0) -> range:
    """Make entries durable and return their indexes; raises when it can't, so that a gate can close."""
    documents = [_document(entry) for entry in entries]
    if is_held(ledger / "lock"):
        address = collector_of(ledger)
        if address is not None:
            return client.append(documents, address["address"], Path(address["token_file"]).read_text().strip())
    with Ledger(ledger, wait=wait) as open_ledger:
        return open_ledger.append_documents(documents)


def _document(entry: Entry | Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as an envelope."""
    return entry.as_json() if isinstance(entry, Entry) else envelope(entry, "")[0]


def collector_of(ledger: Path) -> dict[str, str] | None:
    """Return where the collector of a ledger listens, as it wrote it down itself."""
    try:
        found: dict[str, str] = json.loads((ledger / COLLECTOR).read_text())
    except (OSError, ValueError):
        return None
    return found if {"address", "token_file"} <= found.keys() else None
