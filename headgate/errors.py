"""The one error that reaches a person: where, what was found, what was expected, what to do.

Owns the shape and the exit codes. Raising is every module's own business; rendering is the CLI's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command, as documented in docs/reference/exit-codes.md."""

    WELL = 0
    VIOLATIONS = 1
    NOT_EVALUATED = 2
    APPROVALS_MISSING = 3


@dataclass(eq=False)
class HeadgateError(Exception):
    """Something that a person can act on. Each field is one line of the message.

    `where` is `file:line` (or a URN, a process, an address); `fix` is a command or an edit, never "try again".
    """

    what: str
    where: str | None = None
    found: str | None = None
    expected: str | None = None
    fix: str | None = None
    exit_code: Exit = Exit.NOT_EVALUATED

    def __str__(self) -> str:
        """Render as the lines that a terminal shows."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        rows = [("found", self.found), ("expected", self.expected), ("do", self.fix)]
        return "\n".join([head, *(f"  {label + ':':<10}{text}" for label, text in rows if text)])

    def as_json(self) -> dict[str, str | int | None]:
        """Return the fields for `--json`."""
        return {
            "error": self.what,
            "where": self.where,
            "found": self.found,
            "expected": self.expected,
            "fix": self.fix,
            "exit_code": int(self.exit_code),
        }
