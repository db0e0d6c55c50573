"""What an update leaves in the ledger: which digests its stack now consists of. A release to production asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.approval.store import PlanRecord
    from headgate.engine.projects import Project


def record_deployment(
    stack: str, project: Project, changes: Mapping[str, int], approved: PlanRecord | None = None
) -> None:
    """Make an update that went well an entry of the ledger that this shell records in, where there is one.

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
    if approved is not None:
        subject = approved.subject
        told = {"plan": subject.plan, "tree": subject.tree, "commit": approved.commit, "authors": list(subject.authors)}
        entry = replace(entry, data={**entry.data, **told})
    record(ledger, [entry])
