"""What of the ledger's entries a report reads: each kind in its own words, nothing assumed that is not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headgate.audit.terms import digest_of

LIFE = ("plan", "decision", "approval", "operations", "deployment")
EVENTS = ("drill", "incident", "alert", "waiver")
KINDS = (*LIFE, *EVENTS, "model")


@dataclass(frozen=True)
class Entry:
    """An entry with its place in the ledger."""

    number: int
    document: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Return a field of the envelope."""
        value = self.document.get(name)
        return value if isinstance(value, str) else ""

    @property
    def kind(self) -> str:
        """What happened."""
        return self.text("kind")

    @property
    def data(self) -> Mapping[str, Any]:
        """The particulars; empty when they are no object."""
        found = self.document.get("data")
        return found if isinstance(found, Mapping) else {}

    @property
    def stack(self) -> str:
        """The stack that it is about."""
        named = self.data.get("stack")
        return named if isinstance(named, str) else self.text("subject").split("/")[0]

    @property
    def digests(self) -> frozenset[str]:
        """The digests that it says are deployed, or the one of its model, without their algorithm."""
        found = [*self.listed("digests"), self.data.get("digest")]
        return frozenset(digest_of(one) for one in found if isinstance(one, str))

    @property
    def plan(self) -> str:
        """The digest of the plan that it names, without its algorithm; empty when it names none."""
        named = self.data.get("plan")
        return digest_of(named) if isinstance(named, str) else ""

    def about(self) -> dict[str, Any]:
        """Return what every row of a report says."""
        return {"entry": self.number, "time": self.text("time"), "actor": self.text("actor")}

    def pick(self, *names: str) -> dict[str, Any]:
        """Return some of the particulars, those that are there."""
        return {name: self.data[name] for name in names if self.data.get(name) not in (None, "", [], {})}

    @property
    def is_decision(self) -> bool:
        """Whether it is a gate's decision on a stack; OPA's own log of single questions is not."""
        verdict = self.data.get("verdict")
        return self.kind == "decision" and isinstance(verdict, str) and bool(verdict)

    def listed(self, name: str) -> list[Any]:
        """Return a list among the particulars; empty when it is none."""
        found = self.data.get(name)
        return found if isinstance(found, list) else []

    @property
    def rules(self) -> frozenset[str]:
        """The rules that a decision judged by."""
        return frozenset(str(one) for one in self.listed("rules"))

    @property
    def results(self) -> list[Mapping[str, Any]]:
        """What a decision found."""
        return [one for one in self.listed("results") if isinstance(one, Mapping)]
