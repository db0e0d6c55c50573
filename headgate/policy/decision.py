"""What a gate decides, as values: outcomes, results and the decision over a run.

Owns the types and their JSON form. Every absence is a value: nothing unknown becomes a pass.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from headgate.errors import Exit
from headgate.plan.view import Resource, Source
from headgate.policy.catalogue import Rule
from headgate.policy.level import Level

# The rule that asks for approvals and for nothing else: with them, the same change is let through.
_APPROVALS = "HG-AP-001"

# What became of a waiver that counts.
USED, UNUSED = "used", "unused"

_VERDICTS = {Exit.WELL: "pass", Exit.VIOLATIONS: "fail", Exit.APPROVALS_MISSING: "approvals missing"}


class Outcome(StrEnum):
    """Of a rule on a resource."""

    PASS = "pass"  # noqa: S105  an outcome
    FAIL = "fail"
    UNDETERMINED = "undetermined"
    WAIVED = "waived"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong: what, where, and what to write instead; `known` if it was so before the change.

    `fix` is the value that the property must have, where that follows from the rule alone; `approval` says that the
    plan's approval by those whom it names lets it through.
    """

    message: str
    property: str
    path: tuple[str | int, ...]
    found: str
    expected: str
    source: Source | None
    known: bool = False
    fix: Any = None
    approval: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the fields of reports and records."""
        return {
            "message": self.message,
            "property": self.property,
            "found": self.found,
            "expected": self.expected,
            "source": str(self.source) if self.source else None,
            "known": self.known,
        }


@dataclass(frozen=True)
class Waiver:
    """Leave to break a rule for a while: why, by which ticket, until which day, by whom."""

    id: str
    reason: str
    ticket: str
    expires: str
    approver: str

    def as_json(self) -> dict[str, str]:
        """Return the fields of reports and records."""
        return asdict(self)


@dataclass(frozen=True)
class Leave:
    """A waiver of the stack that was judged, and what became of it; `used`, `unused`, or why it does not count."""

    id: str
    rule: str
    where: str
    became: str

    @property
    def idle(self) -> bool:
        """Whether it did nothing: who asked for it has something to do."""
        return self.became != USED

    def as_json(self) -> dict[str, str]:
        """Return the fields of reports and records."""
        return asdict(self)


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
    waiver: Waiver | None = None

    @property
    def approval(self) -> bool:
        """Whether all that is missing is somebody's approval."""
        return self.rule.id == _APPROVALS or bool(self.violations and all(each.approval for each in self.violations))

    @property
    def is_new(self) -> bool:
        """Whether a person has to look at it: neither waived nor all of it known before."""
        return self.outcome is not Outcome.WAIVED and not all(each.known for each in self.violations)

    def fingerprint(self, violation: Violation) -> str:
        """Return what a violation is known by, over moved lines and from one run to the next."""
        parts = (self.rule.id, self.resource.id, violation.property, violation.found)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()

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
            "violations": [
                {**violation.as_json(), "fingerprint": self.fingerprint(violation)} for violation in self.violations
            ],
        } | ({"waiver": self.waiver.as_json()} if self.waiver else {})


@dataclass(frozen=True)
class Decision:
    """All results of a run, and what they were made from; `baseline` names what it was compared with."""

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
    baseline: str | None = None
    waivers: tuple[Leave, ...] = ()

    @property
    def blocking(self) -> tuple[Result, ...]:
        """Return what stops the change."""
        return tuple(result for result in self.results if result.blocking)

    @property
    def findings(self) -> tuple[Result, ...]:
        """Return everything that did not pass."""
        return tuple(result for result in self.results if result.outcome is not Outcome.PASS)

    @property
    def only_approvals_missing(self) -> bool:
        """Whether nothing is wrong but that nobody approved it yet."""
        return bool(self.blocking) and all(result.approval for result in self.blocking)

    @property
    def exit_code(self) -> Exit:
        """Return the exit code of a run that could be evaluated."""
        if self.only_approvals_missing:
            return Exit.APPROVALS_MISSING
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
            "verdict": _VERDICTS[self.exit_code],
            "gate": self.gate,
            "phase": self.phase,
            "environment": self.environment,
            "stack": self.stack,
            "origin": self.origin,
            "time": self.time,
            "bundle": self.bundle_digest,
            "input": self.input_digest,
            "baseline": self.baseline,
            "resources": self.resources,
            "rules": [rule.id for rule in self.rules],
            "summary": self.summary,
            "results": [result.as_json() for result in self.findings],
            "waivers": [each.as_json() for each in self.waivers],
        }
