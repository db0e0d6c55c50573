"""What a plan, and what was done by it, leave in the ledger: a release to production asks which digests a stack has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from headgate.approval.store import PlanRecord
    from headgate.engine.projects import Project
    from headgate.engine.steps import Steps


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
    from headgate.gate.record import configured_ledger
    from headgate.gate.ungated import state_digest
    from headgate.plan import load
    from headgate.release.proof import deployment_entry

    ledger = configured_ledger()
    if ledger is None:
        return
    state = state_file(project, stack)
    entry = deployment_entry(load.state(str(state)), changes)
    # An empty state, after a destroy, does not say whose it is.
    entry = replace(entry, subject=stack, data={**entry.data, "action": str(action), "state": state_digest(state)})
    if approved is not None:
        subject = approved.subject
        told = {"plan": subject.plan, "tree": subject.tree, "commit": approved.commit, "authors": list(subject.authors)}
        entry = replace(entry, data={**entry.data, **told})
    record(ledger, [entry])


@contextmanager
def watched(stack: str, action: str = "update") -> Iterator[Steps]:
    """Record what the engine did to each resource of a stack, however it ends; nothing where it was not asked."""
    from headgate.engine.steps import Steps

    steps = Steps()
    try:
        yield steps
    except BaseException as error:
        with _told_if_unrecorded():
            _record_steps(stack, action, steps, "interrupted" if isinstance(error, KeyboardInterrupt) else "failed")
        raise
    _record_steps(stack, action, steps, "succeeded")


@contextmanager
def _told_if_unrecorded() -> Iterator[None]:
    """Say that the ledger does not have it: what went wrong with the stack is told first of all."""
    from headgate.errors import HeadgateError

    try:
        yield
    except HeadgateError as error:
        click.echo(f"not recorded: {error}", err=True)


def _record_steps(stack: str, action: str, steps: Steps, result: str) -> None:
    """Record the operations, where this shell has a ledger."""
    from headgate.audit import record
    from headgate.gate.operations import operations
    from headgate.gate.record import configured_ledger

    ledger = configured_ledger()
    if ledger is not None and (entries := operations(stack, str(action), steps, result)):
        record(ledger, entries)


@contextmanager
def at_work(stack: str, project: Project) -> Iterator[None]:
    """Work on a stack until all that was done is recorded; what a killed predecessor did is recorded before."""
    from headgate.audit.place import require_writable
    from headgate.engine import orphan
    from headgate.engine.backend import Backend
    from headgate.engine.working import working
    from headgate.gate.operations import record_killed
    from headgate.gate.record import configured_ledger
    from headgate.sandbox.layout import StateDir

    state = StateDir.from_environment()
    with working(state, stack):
        ledger = configured_ledger()
        if ledger is not None:
            require_writable(ledger)
            orphan.end(state, stack, lambda note: click.echo(note, err=True))
            if record_killed(ledger, Backend(state, project), stack):
                click.echo(f"{stack}: recorded what an update did whose headgate was killed", err=True)
        yield


def state_file(project: Project, stack: str) -> Path:
    """Return where this shell's back end keeps a stack."""
    from headgate.engine import projects
    from headgate.sandbox.layout import StateDir

    return projects.stack_state(StateDir.from_environment(), project, stack)


@contextmanager
def attempt(stack: str, project: Project, *, protected: bool) -> Iterator[None]:
    """Raise the alarm where a protected stack was changed past the gates, and record what failed work has changed.

    Before, since what comes now makes the state known again; a failure, since a half-done update is no secret one.
    """
    from headgate.audit import Entry, record
    from headgate.gate.record import configured_ledger
    from headgate.gate.ungated import ATTEMPT, PROTECTED, STATE, state_digest, ungated

    ledger = configured_ledger()
    if ledger is None:
        yield
        return
    file = state_file(project, stack)
    if protected and (found := ungated(ledger, stack, file)) is not None:
        if not found.is_told:
            record(ledger, [found.entry()])
        click.echo(f"{stack} was changed without a decision of a gate: headgate audit updates -s {stack}", err=True)
    before = state_digest(file)
    try:
        yield
    except BaseException:
        if (after := state_digest(file)) != before:
            told = {STATE: after, "result": "failed", PROTECTED: protected}
            record(ledger, [Entry(kind=ATTEMPT, subject=stack, data=told)])
        raise


def record_plan(stack: str, plan: PlanRecord) -> None:
    """Make a plan an entry of the ledger, where there is one."""
    from headgate.audit import Entry, record
    from headgate.audit.entry import Kind
    from headgate.gate.record import configured_ledger

    ledger = configured_ledger()
    if ledger is not None:
        told = {"plan": plan.subject.plan, "tree": plan.subject.tree, "commit": plan.commit}
        record(ledger, [Entry(kind=Kind.PLAN, subject=stack, data={**told, **plan.about()})])
