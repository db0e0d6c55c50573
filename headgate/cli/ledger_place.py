"""The type of every `--ledger`: a folder, which is looked for, or an address in Azure Blob Storage, which is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


class LedgerPlace(click.Path):
    """Where a ledger is, as a path."""

    name = "ledger"

    def __init__(self, *, exists: bool = False) -> None:
        """Take a folder that may be made, or has to be there."""
        super().__init__(file_okay=False, exists=exists, path_type=Path)

    def get_metavar(self, *_: Any, **__: Any) -> str:
        """Say in the help what it takes."""
        return "PATH|AZBLOB"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the place; nothing is asked of an address but its form."""
        # Most name a folder, and a command that records nothing is spared what the ledger takes to load.
        if ":/" in str(value):
            from headgate.audit.address import address_of

            if address_of(Path(value)) is not None:
                return Path(value)
        return Path(str(super().convert(value, param, ctx)))
