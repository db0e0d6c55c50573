"""A patch as a terminal shows it."""

from __future__ import annotations

import click


def coloured(line: str) -> str:
    """Colour a line of a patch as `git diff` does; only a terminal shows it."""
    colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
    return click.style(line, fg=colour) if colour and not line.startswith(("+++", "---")) else line
