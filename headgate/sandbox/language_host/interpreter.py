"""Which Python runs a program: the one of its `virtualenv` option, else the host's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi.runtime.proto import language_pb2


class MissingVirtualenvError(Exception):
    """The program's options name a virtual environment that is not there."""


def of(info: language_pb2.ProgramInfo) -> Path:
    """Return the interpreter for a program, policy pack or plugin."""
    folder = virtualenv(info)
    if folder is None:
        return Path(sys.executable)
    python = folder / "bin" / "python"
    if not python.exists():
        raise MissingVirtualenvError(
            f"the virtual environment {folder} of this program does not exist\n"
            "  do:       make venv (in the checkout), or pulumi install"
        )
    return python


def virtualenv(info: language_pb2.ProgramInfo) -> Path | None:
    """Return the virtual environment that the options name, relative to the project's root."""
    fields = info.options.fields
    name = fields["virtualenv"].string_value if "virtualenv" in fields else ""
    return Path(info.root_directory, name) if name else None
