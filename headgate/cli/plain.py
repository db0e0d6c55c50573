"""What others wrote, as a terminal may show it: one line stays one line, and nothing in it moves the cursor.

A person signs what the screen says. So no entry, card, name of a file or signature that is not ours may write a line of
its own, hide one, or turn one around; data (`--json`) is given as it is.
"""

from __future__ import annotations

from collections.abc import Iterable


def plain(text: object) -> str:
    """Return text as one line, with escapes in place of whatever does not print."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in str(text))


def lines_of(rows: Iterable[str]) -> str:
    """Return rows as lines, each of which stays one."""
    return "\n".join(map(plain, rows))
