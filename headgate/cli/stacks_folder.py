"""The option that names the folder of the stack files."""

from __future__ import annotations

from pathlib import Path

import click

STACKS = click.option(
    "--stacks",
    "folder",
    envvar="HEADGATE_STACKS",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of the stack files; the project's own by default.",
)
