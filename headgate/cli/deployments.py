"""What an update leaves in the ledger: which digests its stack now consists of. A release to production asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.engine.projects import Project


def record_deployment(stack: str, project: Project, changes: Mapping[str, int]) -> None:
    """Make an update that went well an entry of the ledger that this shell records in, where there is one."""
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
    record(ledger, [deployment_entry(load.state(str(state)), changes)])
