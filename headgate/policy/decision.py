"""What a gate decides, as values: outcomes, results and the decision over a run.

Owns the types and their JSON form. Every absence is a value: nothing unknown becomes a pass.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from headgate.errors import Exit
from headgate.plan.view import Resource, Source
from headgate.policy.catalogue import Rule
from headgate.policy.level import Level


class Outcome(StrEnum):
    """Of a rule on a resource."""

    PASS = "pass"  # noqa: S105  an outcome
    FAIL = "fail"
    UNDETERMINED = "undetermined"
    WAIVED = "waived"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong: what, where, and what to write instead."""

    message: str
    property: str
    path: tuple[str | int, ...]
    found: str
    expected: str
    source: Source | None

    def as_json(self) -> dict[str, Any]:
        """Return the fields of reports and records."""
        return {
            "message": self.message,
            "property": self.property,
            "found": self.found,
            "expected": self.expected,
            "source": str(self.source) if self.source else None,
        }


@dataclass(frozen=True)
class Result:
    """A rule on a resource."""

    rule: Rule
    resource: Resource
    outcome: Outcome
    level: Level = Level.DENY
    blocking: bool = False
    deferred: bool = False
    violations: tuple[Violation, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the fields of reports and records."""
        return {
            "rule": self.rule.id,
            "resource": self.resource.id,
            "type": self.resource.type,
            "outcome": str(self.outcome),
            "level": str(self.level),
            "blocking": self.blocking,
            "deferred": self.deferred,
            "violations": [violation.as_json() for violation in self.violations],
        }


@dataclass(frozen=True)
class Decision:
    """All results of a run, and what they were made from."""

    gate: str
    phase: str
    environment: str
    stack: str | None
    origin: str
    rules: tuple[Rule, ...]
    resources: int
    results: tuple[Result, ...]
    bundle_digest: str
    input_digest: str
    time: str

    @property
    def blocking(self) -> tuple[Result, ...]:
        """Return what stops the change."""
        return tuple(result for result in self.results if result.blocking)

    @property
    def findings(self) -> tuple[Result, ...]:
        """Return everything that did not pass."""
        return tuple(result for result in self.results if result.outcome is not Outcome.PASS)

    @property
    def exit_code(self) -> Exit:
        """Return the exit code of a run that could be evaluated."""
        return Exit.VIOLATIONS if self.blocking else Exit.WELL

    @property
    def summary(self) -> dict[str, int]:
        """Return how often each outcome came; a rule that applies nowhere counts as not applicable."""
        counts = Counter(str(result.outcome) for result in self.results)
        total = len(self.rules) * self.resources
        counts[str(Outcome.NOT_APPLICABLE)] = total - len(self.results)
        return {str(outcome): counts[str(outcome)] for outcome in Outcome}

    def as_json(self) -> dict[str, Any]:
        """Return the decision as reports and the ledger keep it: all but the passes."""
        return {
            "verdict": "fail" if self.blocking else "pass",
            "gate": self.gate,
            "phase": self.phase,
            "environment": self.environment,
            "stack": self.stack,
            "origin": self.origin,
            "time": self.time,
            "bundle": self.bundle_digest,
            "input": self.input_digest,
            "resources": self.resources,
            "rules": [rule.id for rule in self.rules],
            "summary": self.summary,
            "results": [result.as_json() for result in self.findings],
        }
