"""The colours of diagrams: one for each kind of thing, dark enough to be told apart in print."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paint:
    """Fill, and line."""

    fill: str
    line: str


INK, QUIET = "#1f2328", "#59636e"
PLAIN = Paint("#f6f8fa", "#d1d9e0")
ROUTE = Paint("#ddf4ff", "#218bff")
GATE = Paint("#fff8c5", "#bf8700")
MODEL = Paint("#dafbe1", "#4ac26b")
STORE = Paint("#fbefff", "#a475f9")
RECORD = Paint("#fff1e5", "#bc4c00")
NODES = Paint("#b6e3ff", "#0969da")
# Flow, its colour, its dashes, and what it is called in the legend.
FLOWS = {
    "request": (ROUTE.line, "", "requests"),
    "change": (GATE.line, "5 4", "changes, judged"),
    "image": (STORE.line, "", "models and images, by digest"),
    "record": (RECORD.line, "2 3", "logs, decisions, events"),
}
