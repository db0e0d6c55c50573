"""What a look at an object says: ready, waiting for something, or failing in a way that seldom heals.

Owns the type that every kind's check returns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Document = dict[str, Any]


class View(Protocol):
    """What a check may ask the cluster beside the object itself."""

    def list_objects(
        self, api_version: str, kind: str, namespace: str, *, labels: str | None = None, fields: str | None = None
    ) -> list[Document]:
        """Return the objects of a kind."""
        ...


@dataclass(frozen=True)
class Verdict:
    """One look. `failing` ends the wait once it has lasted for `grace` seconds; `settles` does, and it is ready."""

    ready: bool = False
    waiting_for: str = ""
    failing: str | None = None
    grace: float = 0.0
    settles: float | None = None


READY = Verdict(ready=True)


def waiting(text: str) -> Verdict:
    """Return a verdict that keeps waiting."""
    return Verdict(waiting_for=text)


def settling(text: str, seconds: float) -> Verdict:
    """Return a verdict that waits for more, and takes the object as ready when for so long nothing more came."""
    return Verdict(waiting_for=text, settles=seconds)


def failing(reason: str, grace: float = 0.0) -> Verdict:
    """Return a verdict that ends the wait after a grace time."""
    return Verdict(waiting_for=reason, failing=reason, grace=grace)


Check = Callable[[Document, View], Verdict]
Explain = Callable[[Document, View], Sequence[str]]


def _nothing_to_add(_live: Document, _view: View) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Readiness:
    """How one kind becomes ready: the check, who explains a failure, and how long it may take.

    `stuck` says what seldom ends without somebody's help: it is told while the wait lasts, and stays.
    """

    check: Check
    explain: Explain = _nothing_to_add
    stuck: Explain = _nothing_to_add
    timeout: float = 600.0


def condition(live: Document, name: str) -> Document:
    """Return a status condition by type; empty when it is absent."""
    rows = (live.get("status") or {}).get("conditions") or []
    return next((row for row in rows if row.get("type") == name), {})


def is_true(live: Document, name: str) -> bool:
    """Whether a status condition is True."""
    return bool(condition(live, name).get("status") == "True")


def reason_of(row: Document) -> str:
    """Return a condition's reason and message as one text."""
    return ": ".join(str(row[key]) for key in ("reason", "message") if row.get(key))
