"""Faults of a stack's files: one, or several told at once, and how a place in them is written.

Owns no reader and no model, so that whoever only reads files loads neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.stack.document import KeyPath


class StackError(HeadgateError):
    """Several faults of one stack, told at once."""

    def __init__(self, errors: list[HeadgateError]) -> None:
        super().__init__(f"{len(errors)} faults in the stack's settings")
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)

    def as_json(self) -> dict[str, Any]:
        """Return the faults as data; the first one's fields are the summary."""
        return {**super().as_json(), "errors": [error.as_json() for error in self.errors]}


def raise_all(errors: Iterable[HeadgateError]) -> None:
    """Raise nothing, the one error, or all of them together."""
    found = list(errors)
    if found:
        _raise(found)


def _raise(errors: list[HeadgateError]) -> NoReturn:
    raise errors[0] if len(errors) == 1 else StackError(errors)


def dotted(path: KeyPath) -> str:
    """Write a path as Pulumi's `--path` does: `models[0].digest`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
