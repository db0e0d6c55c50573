"""What a report format is: a name, and a function from a decision to text. One file per format.

Owns the words that formats share, and what stands beside a decision in a report: what the change does, what it costs.
Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from headgate.plan.view import Operation, Resource, Source
from headgate.policy.decision import Decision, Outcome, Result, Violation

_DONE = {Operation.CREATE: "created", Operation.UPDATE: "updated", Operation.REPLACE: "replaced"} | {
    Operation.DELETE: "deleted"
}


@dataclass(frozen=True)
class Cost:
    """What a stack costs a month, at least and at most, before the change (where that is known) and after it."""

    currency: str
    after: tuple[float, float]
    before: tuple[float, float] | None = None
    unpriced: int = 0
    illustrative: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the fields of reports."""
        bounds = {"after": self.after} | ({"before": self.before} if self.before else {})
        monthly = {name: {"min": low, "max": high} for name, (low, high) in bounds.items()}
        return {
            "currency": self.currency,
            "monthly": monthly,
            "not_priced": self.unpriced,
            "illustrative": self.illustrative,
        }


@dataclass(frozen=True)
class Change:
    """What happens if the change is let through: the resources that do not stay as they are, and the cost.

    `fixes` is what would mend the findings, for programs, where somebody asked for that.
    """

    resources: tuple[Resource, ...] = ()
    cost: Cost | None = None
    fixes: Mapping[str, Any] | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Return how many resources each operation concerns, in the order of a plan's summary."""
        counted = {word: sum(_DONE.get(each.operation) == word for each in self.resources) for word in _DONE.values()}
        return {word: number for word, number in counted.items() if number}

    def as_json(self) -> dict[str, Any]:
        """Return the fields of reports."""
        rows = [{"operation": str(each.operation), "resource": each.id} for each in self.resources]
        change = {"changes": rows, "cost": self.cost.as_json() if self.cost else None}
        return change if self.fixes is None else {**change, "fixes": dict(self.fixes)}


NO_CHANGE = Change()
Report = Callable[[Decision, Change], str]


def verdict(decision: Decision) -> str:
    """Return the verdict in one line."""
    judged = f"{count(decision.resources, 'resource')} by {count(len(decision.rules), 'rule')}"
    blocking = sum(not item.known for each in decision.blocking if not each.approval for item in each.violations)
    missing = sum(each.approval for each in decision.blocking)
    waived = len([each for each in decision.findings if each.outcome is Outcome.WAIVED])
    known = sum(violation.known for each in decision.findings for violation in each.violations)
    warned = len([each for each in decision.findings if not each.blocking and each.is_new])
    numbers = [
        (blocking, f"{count(blocking, 'violation')} to correct"),
        (missing, f"{count(missing, 'approval')} missing"),
        (warned, count(warned, "warning")),
        (waived, f"{waived} waived"),
        (known, f"{known} known before"),
    ]
    return ", ".join([f"{state(decision)}: {judged}", *(text for number, text in numbers if number)])


def state(decision: Decision) -> str:
    """Return the verdict in a word or two."""
    if not decision.blocking:
        return "let through"
    return "waiting for approval" if decision.only_approvals_missing else "refused"


def label(result: Result) -> str:
    """Return what a finding does here."""
    if result.outcome is Outcome.WAIVED:
        return "waived"
    if result.deferred:
        return "deferred"
    if not result.blocking:
        return "warning"
    if result.approval:
        return "approval"
    return "undetermined" if result.outcome is Outcome.UNDETERMINED else "violation"


def open_findings(decision: Decision) -> list[tuple[Result, Violation]]:
    """Return what a person has to look at: what is neither waived nor was there before."""
    return [
        (result, violation)
        for result in decision.findings
        if result.outcome is not Outcome.WAIVED
        for violation in result.violations
        if not violation.known
    ]


def place(result: Result, violation: Violation) -> str:
    """Return where a violation is: file and line where known, else the resource."""
    return str(violation.source) if violation.source else result.resource.id


def relative(source: Source) -> str:
    """Return a file as a repository names it: below the working directory without what leads there."""
    path = PurePath(source.file)
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def count(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
