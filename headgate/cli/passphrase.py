"""The passphrase of a key: from a file that the environment names, else asked for at the terminal."""

from __future__ import annotations

import os
import sys
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
    if not sys.stdin.isatty():
        raise HeadgateError(
            "the key needs its passphrase, and there is nobody to ask",
            where="standard input",
            found="no terminal",
            expected=f"a terminal, or ${PASSPHRASE_FILE}",
            fix=f"export {PASSPHRASE_FILE}=FILE, where FILE holds the passphrase and is readable by you alone",
        )
    answer: str = click.prompt("Passphrase of the key", hide_input=True, confirmation_prompt=confirm, err=True)
    return answer
