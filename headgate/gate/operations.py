"""What an update did to each resource, as entries of the ledger, also where its headgate was killed.

A killed one leaves the engine's events behind; whoever works on the stack next, or watches it, records them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headgate.audit import Entry, record
from headgate.audit.entry import Kind
from headgate.engine import orphan
from headgate.engine.backend import Backend
from headgate.engine.follow import Follower
from headgate.engine.steps import Steps
from headgate.gate.ungated import ATTEMPT, PROTECTED, STATE, state_digest

KILLED = "killed"
# A row has some 200 bytes: a part is a payload of a hundred kilobytes, kept beside its entry.
_ROWS = 500
# The engine tells of a step, and writes its state, within this time.
_SLACK_SECONDS = 2.0


def operations(stack: str, action: str, steps: Steps, result: str) -> list[Entry]:
    """Return the entries of an update, so many operations in each that none is a burden; none where nothing began."""
    if steps.is_empty:
        return []
    rows = list(steps.rows())
    batches = [rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS)] or [[]]
    about = {"stack": stack, "action": action, "result": result, **steps.about, "counts": steps.counts()}
    errors = {"errors": steps.errors()} if steps.errors() else {}
    return [
        Entry(
            kind=Kind.OPERATIONS,
            subject=stack,
            data={**about, **errors, "part": number, "parts": len(batches), "resources": batch},
        )
        for number, batch in enumerate(batches, 1)
    ]


def record_killed(ledger: Path, backend: Backend, stack: str) -> int:
    """Record what killed updates of a stack did, and return how many those were. Nobody may be at work on it.

    The ledger knows its state from then on, unless somebody has changed it since.
    """
    left, file = backend.left(stack), backend.file(stack)
    for folder in left:
        steps, log = Steps(), folder / orphan.EVENTS
        Follower(log, steps.see).poll()
        about = _about(folder)
        action = str(about.pop("action", "update"))
        steps.about = {**about, "run": folder.name}
        entries = operations(stack, action, steps, KILLED)
        if entries and _last_change(file) <= _last_change(log) + _SLACK_SECONDS:
            told = {STATE: state_digest(file), "result": KILLED, "run": folder.name, PROTECTED: "plan" in about}
            entries.append(Entry(kind=ATTEMPT, subject=stack, data=told))
        if entries:
            record(ledger, entries)
        orphan.drop(folder)
    return len(left)


def _about(folder: Path) -> dict[str, Any]:
    """Return what was noted of an update before it began; it may have been killed while that was written."""
    try:
        found: Mapping[str, Any] = json.loads((folder / orphan.ABOUT).read_text(encoding="utf-8"))
        return dict(found)
    except (OSError, ValueError, TypeError):
        return {}


def _last_change(file: Path) -> float:
    """Return when a file was written last; one that is not there, never."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0.0
