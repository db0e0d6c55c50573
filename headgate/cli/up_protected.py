"""`headgate up` on a protected stack: plan, check, approvals, then that very plan and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate import temporary
from headgate.errors import Exit, HeadgateError

if TYPE_CHECKING:
    from headgate.approval.store import PlanRecord
    from headgate.cli.approval_path import ProtectedPath
    from headgate.engine.update import Update
    from headgate.gate.protected import Proposal
    from headgate.policy.decision import Decision

_POLL_SECONDS = 2.0


def protected_up(path: ProtectedPath, *, ask: bool, wait_minutes: float) -> tuple[Update, PlanRecord]:
    """Apply the approved plan of a stack; raises with exit code 3 where only approvals are missing."""
    from rich.console import Console

    from headgate import engine
    from headgate.engine.plan import Planner
    from headgate.engine.render import rendering
    from headgate.gate.protected import propose

    planner = Planner.of(path.stack, path.project.root)
    notes = planner.repair()
    for note in notes:
        click.echo(note, err=True)
    with propose(planner, path.rules, path.store) as proposal:
        _let_through(path, proposal, wait_minutes)
        if ask and not click.confirm(f"Apply this plan to {path.stack}?", default=True, err=True):
            raise click.Abort
        with _receipt(path, proposal) as receipt, rendering(Console(stderr=True)) as renderer:
            update = engine.up(
                path.stack,
                project=path.project.root,
                on_event=renderer.see,
                on_note=renderer.note,
                arguments=("--skip-preview", "--plan", str(proposal.saved.file)),
                more={"HEADGATE_RECEIPT": str(receipt), "HEADGATE_POLICIES": str(path.rules.bundle.root)},
            )
        path.store.apply(path.stack, proposal.record.subject.plan)
    return update, proposal.record


def _let_through(path: ProtectedPath, proposal: Proposal, wait_minutes: float) -> None:
    """Raise unless the plan is let through; wait for approvals if that is all that is missing."""
    from headgate.gate.protected import approved
    from headgate.gate.record import configured_ledger

    deadline = time.monotonic() + wait_minutes * 60
    subject = proposal.record.subject
    seen: tuple[str, ...] | None = None
    while True:
        tokens = path.store.approvals(path.stack, subject.plan)
        if tokens != seen:
            seen, decision = tokens, approved(proposal, path.rules, path.store, applies=True)
        if not decision.only_approvals_missing or time.monotonic() >= deadline:
            break
        time.sleep(_POLL_SECONDS)
    # Once, and as it is at the end: what was waited for is in the ledger already.
    decision = approved(proposal, path.rules, path.store, applies=True, ledger=configured_ledger())
    if decision.blocking:
        raise _refused(path, decision, subject.plan)


@contextmanager
def _receipt(path: ProtectedPath, proposal: Proposal) -> Iterator[Path]:
    """Lend a receipt for the pack, for its owner's eyes alone."""
    from headgate.gate.update.receipt import written

    subject = proposal.record.subject
    tokens = path.store.approvals(path.stack, subject.plan)
    with temporary.folder("receipt") as folder:
        file = folder / "receipt.json"
        file.write_text(
            written(subject, proposal.record.form, tokens, proposal.saved.file, int(time.time())), encoding="utf-8"
        )
        yield file


def _refused(path: ProtectedPath, decision: Decision, digest: str) -> HeadgateError:
    """Return the error of a plan that is not let through: what is wrong, or that only approvals are missing."""
    found = [
        f"{result.rule.id}: {violation.message}" for result in decision.blocking for violation in result.violations
    ]
    missing = decision.exit_code is Exit.APPROVALS_MISSING
    return HeadgateError(
        "the plan is not approved, so nothing was applied" if missing else "the plan is refused by policy",
        where=f"{path.stack}, {digest}",
        found="".join(f"\n    {line}" for line in found),
        expected="the approvals that policies/parameters asks for" if missing else "a plan that keeps the rules",
        fix=f"headgate approvals -s {path.stack}; `headgate approve -s {path.stack}` signs it"
        if missing
        else f"headgate plan -s {path.stack}",
        exit_code=decision.exit_code,
    )
