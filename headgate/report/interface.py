"""What a report format is: a name, and a function from a decision to text. One file per format.

Owns the words that formats share. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from headgate.policy.decision import Decision, Outcome, Result, Violation

Report = Callable[[Decision], str]


def verdict(decision: Decision) -> str:
    """Return the verdict in one line."""
    blocking, warned = len(decision.blocking), len(decision.findings) - len(decision.blocking)
    judged = f"{_count(decision.resources, 'resource')} by {_count(len(decision.rules), 'rule')}"
    state = "refused" if blocking else "let through"
    parts = [f"{_count(blocking, 'violation')} to correct"] if blocking else []
    parts += [_count(warned, "warning")] if warned else []
    return f"{state}: {judged}" + (f", {', '.join(parts)}" if parts else "")


def label(result: Result) -> str:
    """Return what a finding does here."""
    if result.deferred:
        return "deferred"
    if not result.blocking:
        return "warning"
    return "undetermined" if result.outcome is Outcome.UNDETERMINED else "violation"


def place(result: Result, violation: Violation) -> str:
    """Return where a violation is: file and line where known, else the resource."""
    return str(violation.source) if violation.source else result.resource.id


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
