"""Decisions over one pod, for tests that need one and not how it came to be."""

from __future__ import annotations

from pathlib import Path

from headgate.plan import manifests
from headgate.plan.view import Source
from headgate.policy.catalogue import Rule
from headgate.policy.decision import Decision, Outcome, Result, Violation
from headgate.policy.level import Level

POD = manifests.from_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: fraud}\n", "pod.yaml")[0]


def rule(identity: str = "HG-XX-001") -> Rule:
    """Return a rule."""
    return Rule(
        id=identity,
        title="All is well",
        description="Why it must be well.",
        category="supply_chain",
        name="all_well",
        severity="high",
        gates=("P",),
        scope="object",
        controls=("ISO/IEC 27001:2022 A.8.9",),
        remediation="Make it well.",
        since="2025-01-01",
        deferrable=False,
        operations=("create",),
        types=("*",),
        file=Path("x.rego"),
    )


def violation(found: str = "ill", line: int = 3) -> Violation:
    """Return a violation."""
    return Violation("it is ill", "spec.a", ("spec", "a"), found, "well", Source("pod.yaml", line, 5))


def failed(by: Rule | None = None, *violations: Violation) -> Result:
    """Return a failure that blocks."""
    found = violations or (violation(),)
    return Result(by or rule(), POD, Outcome.FAIL, Level.DENY, blocking=True, violations=found)


def decision(*results: Result, rules: tuple[Rule, ...] | None = None, stack: str | None = "fraud-prod") -> Decision:
    """Return a decision of gate P."""
    return Decision(
        gate="P",
        phase="preview",
        environment="prod",
        stack=stack,
        origin="pod.yaml",
        rules=rules or (rule(),),
        resources=1,
        results=results,
        bundle_digest="sha256:0123456789abcdef",
        input_digest="sha256:fedcba",
        time="2026-01-01T00:00:00.000+00:00",
    )
