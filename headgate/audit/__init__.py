"""The append-only ledger, its proofs and collectors: the only writer of a ledger.

A ledger is a folder in the C2SP tlog-tiles layout. `Ledger` writes it, `LedgerReader` reads it, `verify` recomputes
all of it, `record` appends from wherever a gate runs. Nothing here knows what an entry means.
"""

from headgate.audit.entry import Entry
from headgate.audit.reader import LedgerReader
from headgate.audit.record import record
from headgate.audit.verify import Report, verify
from headgate.audit.writer import Ledger

__all__ = ["Entry", "Ledger", "LedgerReader", "Report", "record", "verify"]
