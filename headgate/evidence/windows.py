"""Which deployment rests on which plans, decisions and approvals: those of its stack since the deployment before it.

And the approvals of the very plan that was deployed, whenever they were given: a plan keeps its approvals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from headgate.evidence.entries import LIFE, Entry


@dataclass
class Window:
    """What was recorded of a stack between two deployments; without `deployment`, since the last one."""

    stack: str
    before: Entry | None = None
    rest: list[Entry] = field(default_factory=list)
    deployment: Entry | None = None

    def of_kind(self, kind: str) -> list[Entry]:
        """Return the entries of a kind, in order."""
        return [entry for entry in self.rest if entry.kind == kind]

    @property
    def entries(self) -> list[Entry]:
        """Everything that the window rests on, in order."""
        edges = [one for one in (self.before, self.deployment) if one is not None]
        return sorted([*self.rest, *edges], key=lambda one: one.number)


def windows(entries: Iterable[Entry]) -> Iterator[Window]:
    """Yield windows as their deployments come, then what is left of each stack.

    Memory is one window a stack, and the approvals.
    """
    open_: dict[str, Window] = {}
    approvals: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if entry.kind not in LIFE or (entry.kind == "decision" and not entry.is_decision):
            continue
        window = open_.setdefault(entry.stack, Window(entry.stack))
        if entry.kind != "deployment":
            window.rest.append(entry)
            if entry.kind == "approval" and entry.plan:
                approvals.setdefault((entry.stack, entry.plan), []).append(entry)
            continue
        earlier = [one for one in approvals.get((entry.stack, entry.plan), ()) if one not in window.rest]
        window.rest[:0] = earlier
        window.deployment = entry
        yield window
        open_[entry.stack] = Window(entry.stack, before=entry)
    yield from (window for window in open_.values() if window.rest)
