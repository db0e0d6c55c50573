"""Where entries go, as the delivery sees it: a form for each record, and a batch of them sent and acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headgate.audit.stream.record import Record


class UnavailableError(Exception):
    """Nothing was acknowledged, and the same batch may be taken later; `after` is when the receiver says so."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        """Take what happened, in words that hold no secret."""
        super().__init__(reason)
        self.after = after


class TooLargeError(Exception):
    """The receiver takes no batch of this size."""


class Destination(Protocol):
    """One receiver. Whatever else is wrong with it, `send` raises as a HeadgateError."""

    most_bytes: int

    def encode(self, record: Record) -> bytes:
        """Return a record in the receiver's form."""
        ...

    def send(self, messages: Sequence[bytes]) -> None:
        """Send encoded records in order; returns when the receiver has acknowledged all of them."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
