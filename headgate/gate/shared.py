"""Whether what is done to production is recorded where others read it: not on one machine alone, and not nowhere.

Owns the question alone. What a ledger is belongs to `audit`, and what is recorded to whoever records.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from headgate.errors import HeadgateError
from headgate.gate.record import is_sandbox

PRODUCTION = "prod"
LEDGER = "HEADGATE_LEDGER"
COLLECTOR = ("HEADGATE_AUDIT_URL", "HEADGATE_AUDIT_TOKEN_FILE")


def insist(environment: str, ledger: Path | None, variables: Mapping[str, str] = os.environ) -> None:
    """Refuse an update of production whose decisions, or those of its clusters' gates, would reach no shared ledger.

    A sandbox's production is a rehearsal: its ledger is the sandbox's own, in a folder that its collector holds.
    """
    if environment != PRODUCTION or is_sandbox(variables):
        return
    found = [f"{name} is not set" for name in COLLECTOR if not variables.get(name)]
    if not _is_shared(ledger):
        found.append(f"{LEDGER} names {ledger}, which no writer holds" if ledger else f"{LEDGER} is not set")
    if found:
        raise HeadgateError(
            "an update of production must be in a ledger that others read, and would be nowhere or here alone",
            where="the deploy job's environment",
            found="; ".join(found),
            expected=f"{' and '.join(COLLECTOR)} for the clusters' gates, and {LEDGER} for this one: "
            "azblob://ACCOUNT/CONTAINER, or the folder that `headgate audit serve` holds on this machine",
            fix="set them as docs/guides/azure.md (5) does, then run the update again",
        )


def _is_shared(ledger: Path | None) -> bool:
    """Say whether a ledger is more than a folder of this machine's: blobs, or a folder that a writer holds."""
    if ledger is None:
        return False
    # Only updates of production ask, and the rest is spared what reading this takes.
    from headgate.audit.address import address_of
    from headgate.audit.record import collector_holding

    return address_of(ledger) is not None or collector_holding(ledger) is not None
