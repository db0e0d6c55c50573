"""Appends from wherever a gate runs: to the collector when one holds the ledger, else to the folder or blobs itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from headgate.audit.address import address_of
from headgate.audit.canonical import parse
from headgate.audit.entry import Entry, envelope
from headgate.audit.lock import LOCK, is_held
from headgate.audit.spool import Spool, configured_spool
from headgate.audit.writer import Ledger
from headgate.errors import HeadgateError

COLLECTOR = "collector.json"


@dataclass(frozen=True)
class Address:
    """Where a ledger's collector listens, as it wrote it down itself; `ca` verifies an https address.

    The client is loaded when something is sent: most ledgers are a folder, and every recorded check begins here.
    """

    address: str
    token_file: str
    ca: str | None

    def append(self, entries: Sequence[Entry | Mapping[str, Any]]) -> range:
        """Send entries and return their indexes; raises unless they are durable."""
        from headgate.audit import client

        return client.append(entries, self.address, self.token(), ca=self.ca)

    def send(self, body: bytes) -> range:
        """Send JSON lines in one request."""
        from headgate.audit import client

        return client.send(body, self.address, self.token(), ca=self.ca)

    def size(self) -> int:
        """Return how many entries are durable."""
        from headgate.audit import client

        return client.size(self.address, ca=self.ca)

    def token(self) -> str:
        """Return the bearer token."""
        try:
            return Path(self.token_file).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise HeadgateError(
                "the collector's token can't be read", where=self.token_file, found=str(error)
            ) from error


def record(ledger: Path, entries: Sequence[Entry | Mapping[str, Any]], wait: float = 10.0) -> range:
    """Make entries durable and return their indexes; raises when it can't, so that a gate can close.

    Where this shell has a spool (see `spool`), entries that the collector does not take wait there: durable, without an
    index yet, so that the range is empty. A full spool raises.
    """
    documents = [_document(entry) for entry in entries]
    collector, waiting = collector_holding(ledger), configured_spool()
    if collector is None:
        write = partial(_write, ledger, wait)
        if waiting is not None:
            waiting.drain(lambda body: write([parse(line) for line in body.splitlines()]))
        return write(documents)
    if waiting is None:
        return collector.append(documents)
    return _send_or_spool(collector, waiting, documents)


def _write(ledger: Path, wait: float, documents: Sequence[Mapping[str, Any]]) -> range:
    """Append where nobody else does it for us: as the writer, for as long as that takes."""
    address = address_of(ledger)
    if address is None:
        with Ledger(ledger, wait=wait) as open_ledger:
            return open_ledger.append_documents(documents)
    from headgate.audit.blob_ledger import append_once

    return append_once(address, documents, wait)


def _send_or_spool(collector: Address, waiting: Spool, documents: Sequence[Mapping[str, Any]]) -> range:
    """Send what waits and then the documents, or let them wait behind it: the order stays."""
    from headgate.audit.client import UnreachableError

    try:
        waiting.drain(collector.send)
        return collector.append(documents)
    except UnreachableError:
        waiting.put(documents)
        return range(0)


def _document(entry: Entry | Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as an envelope."""
    return entry.as_json() if isinstance(entry, Entry) else envelope(entry, "")[0]


def collector_holding(ledger: Path) -> Address | None:
    """Return the collector on this machine that writes a ledger now, None where none does."""
    if address_of(ledger) is not None:
        from headgate.audit.place import place_of

        ledger = place_of(ledger).folder
    return collector_of(ledger) if is_held(ledger / LOCK) else None


def collector_of(ledger: Path) -> Address | None:
    """Return what a collector left in a ledger's folder; one that was killed leaves it there, too."""
    try:
        found = json.loads((ledger / COLLECTOR).read_text())
        return Address(found["address"], found["token_file"], found.get("ca"))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
