"""The passphrase of a key: from a file that the environment names, else asked for at the terminal."""

from __future__ import annotations

import os
from pathlib import Path

import click

from headgate.errors import HeadgateError

PASSPHRASE_FILE = "HEADGATE_KEY_PASSPHRASE_FILE"  # noqa: S105  the name of a variable


def passphrase(*, confirm: bool = False) -> str:
    """Return the passphrase."""
    if named := os.environ.get(PASSPHRASE_FILE):
        try:
            return Path(named).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise HeadgateError(
                "the passphrase can't be read", where=named, found=str(error), fix=f"correct ${PASSPHRASE_FILE}"
            ) from error
    answer: str = click.prompt("Passphrase of the key", hide_input=True, confirmation_prompt=confirm, err=True)
    return answer
