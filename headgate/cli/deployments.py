"""What a plan, and what was done by it, leave in the ledger: a release to production asks which digests a stack has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.approval.store import PlanRecord
    from headgate.engine.projects import Project


def record_deployment(
    stack: str,
    project: Project,
    changes: Mapping[str, int],
    approved: PlanRecord | None = None,
    action: str = "update",
) -> None:
    """Make what was done to a stack an entry of the ledger that this shell records in, where there is one.

    One of a protected stack names the plan that was approved, and the tree and commit that it was made from.
    """
    from headgate.audit import record
    from headgate.engine import projects
    from headgate.gate.record import configured_ledger
    from headgate.plan import load
    from headgate.release.proof import deployment_entry
    from headgate.sandbox.layout import StateDir

    ledger = configured_ledger()
    if ledger is None:
        return
    state = projects.stack_state(StateDir.from_environment(), project, stack)
    entry = deployment_entry(load.state(str(state)), changes)
    # An empty state, after a destroy, does not say whose it is.
    entry = replace(entry, subject=stack, data={**entry.data, "action": str(action)})
    if approved is not None:
        subject = approved.subject
        told = {"plan": subject.plan, "tree": subject.tree, "commit": approved.commit, "authors": list(subject.authors)}
        entry = replace(entry, data={**entry.data, **told})
    record(ledger, [entry])


def record_plan(stack: str, plan: PlanRecord) -> None:
    """Make a plan an entry of the ledger, where there is one."""
    from headgate.audit import Entry, record
    from headgate.audit.entry import Kind
    from headgate.gate.record import configured_ledger

    ledger = configured_ledger()
    if ledger is not None:
        told = {"plan": plan.subject.plan, "tree": plan.subject.tree, "commit": plan.commit}
        record(ledger, [Entry(kind=Kind.PLAN, subject=stack, data={**told, **plan.about()})])
