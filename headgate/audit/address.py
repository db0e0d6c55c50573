"""What a `--ledger` names: a folder, or an address in Azure Blob Storage. Every gate asks it, so it loads nothing."""

from __future__ import annotations

import re
from pathlib import Path

from headgate.errors import HeadgateError

SCHEME = "azblob:"
# As click and pathlib leave it: two slashes in a row become one.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def address_of(ledger: Path) -> str | None:
    """Return the address in Blob Storage that a `--ledger` names; None where it is a folder."""
    text = str(ledger)
    if text.startswith(SCHEME):
        return text
    if _ADDRESS.match(text):
        raise HeadgateError(
            "no ledger is kept there",
            found=text,
            expected="a folder, or azblob://ACCOUNT/CONTAINER[/PREFIX]",
            fix="correct --ledger or HEADGATE_LEDGER; a folder of that name is named by its whole path",
        )
    return None
