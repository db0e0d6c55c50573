"""What was wrong before a change, so that a check can tell what the change makes worse.

A baseline is a decision over the target branch: as a JSON report of `headgate check`, or judged here over what the
branch holds. Violations are told apart by their fingerprint. What is known stays in the decision, marked, and no longer
blocks. A missing approval is never known, each change needs its own; nor is what was waived: a waiver ends.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from headgate.policy.decision import Decision, Outcome, Result


@dataclass(frozen=True)
class Baseline:
    """How often each violation was there before, and where that is known from."""

    origin: str
    known: Mapping[str, int]

    @classmethod
    def of(cls, decision: Decision, origin: str) -> Baseline:
        """Return what a decision over the target branch found."""
        judged = [each for each in decision.findings if each.outcome is not Outcome.WAIVED]
        return cls(origin, Counter(each.fingerprint(item) for each in judged for item in each.violations))

    @classmethod
    def read(cls, path: Path, environment: str, stack: str | None) -> Baseline:
        """Read a JSON report, which must be of the same stack and environment."""
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
            told = {"environment": report["environment"], "stack": report["stack"]}
            judged = [each for each in report["results"] if each["outcome"] != Outcome.WAIVED]
            found = [item["fingerprint"] for each in judged for item in each["violations"]]
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise _unreadable(path, repr(error)) from error
        if told != {"environment": environment, "stack": stack} or not all(isinstance(each, str) for each in found):
            wanted = f"a report of stack {stack} in environment {environment}"
            raise _unreadable(path, f"one of stack {told['stack']} in environment {told['environment']}", wanted)
        return cls(str(path), Counter(found))

    def mark(self, decision: Decision) -> Decision:
        """Return the decision with what was there before marked; that blocks no more."""
        left = Counter(dict(self.known))
        results = tuple(_marked(result, left) for result in decision.results)
        return replace(decision, results=results, baseline=self.origin)


def _marked(result: Result, left: Counter[str]) -> Result:
    if not result.violations or result.approval:
        return result
    violations = []
    for each in result.violations:
        mark = result.fingerprint(each)
        known = left[mark] > 0
        left[mark] -= known
        violations.append(replace(each, known=known))
    is_new = not all(each.known for each in violations)
    return replace(result, violations=tuple(violations), blocking=result.blocking and is_new)


def _unreadable(path: Path, found: Any, expected: str = "what `headgate check --format json` printed") -> HeadgateError:
    return HeadgateError(
        "the baseline can't be used, so nothing was judged",
        where=str(path),
        found=str(found),
        expected=expected,
        fix="on the target branch: `headgate check … --format json --output baseline.json`; or name the branch itself",
    )
