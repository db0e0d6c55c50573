"""What can be wrong with a proof. Each has a word of its own, so that nobody takes one for another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Wrong(StrEnum):
    """What is wrong."""

    MISSING = "missing"
    FOREIGN = "foreign key"
    REVOKED = "revoked key"
    NOT_ENTITLED = "not entitled"
    COPIED = "copied"
    CHANGED = "changed file"
    TAMPERED = "tampered"
    ALGORITHM = "downgraded algorithm"
    REPLAYED = "replayed"
    UNAPPROVED = "not approved"
    BROKEN = "broken chain"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Fault:
    """One proof that does not count, and why. `referrer` is the digest that it stands under, if it stands there."""

    wrong: Wrong
    proof: str
    text: str
    referrer: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as data."""
        return {"wrong": str(self.wrong), "proof": self.proof, "text": self.text, "referrer": self.referrer}

    def __str__(self) -> str:
        """Return the line that a person reads."""
        where = f" ({self.referrer})" if self.referrer else ""
        return f"{self.proof}: {self.wrong}: {self.text}{where}"


class ProofError(Exception):
    """A proof that does not count: raised where it is read, kept as a fault where all are gathered."""

    def __init__(self, wrong: Wrong, text: str) -> None:
        super().__init__(text)
        self.wrong, self.text = wrong, text

    def as_fault(self, proof: str, referrer: str) -> Fault:
        """Return it as one of a version's faults."""
        return Fault(self.wrong, proof, self.text, referrer)
