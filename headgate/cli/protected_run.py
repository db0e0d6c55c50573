"""What is done to a protected stack: plan, check, approvals, then that very plan and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate import temporary
from headgate.errors import Exit, HeadgateError
from headgate.plan.actions import UPDATE, Request

if TYPE_CHECKING:
    from headgate.approval.document import Subject
    from headgate.approval.store import PlanRecord
    from headgate.cli.approval_path import ProtectedPath
    from headgate.engine.events import Event
    from headgate.engine.plan import Planner
    from headgate.engine.steps import Steps
    from headgate.engine.update import Update
    from headgate.gate.protected import Proposal
    from headgate.policy.decision import Decision

_POLL_SECONDS = 2.0


@dataclass(frozen=True)
class Done:
    """What was done, by which plan (none, where nobody had to approve), and what the engine did beside it."""

    update: Update
    record: PlanRecord | None = None
    strayed: str = ""


def protected_run(
    path: ProtectedPath, request: Request, *, ask: bool, wait_minutes: float, steps: Steps | None = None
) -> Done:
    """Do what was approved to a stack; raises with exit code 3 where only approvals are missing."""
    from headgate.cli.deployments import record_plan
    from headgate.engine.plan import Planner
    from headgate.engine.steps import Steps
    from headgate.engine.update import Update
    from headgate.gate.protected import propose

    planner = Planner.of(path.stack, path.project.root)
    notes = planner.repair()
    for note in notes:
        click.echo(note, err=True)
    before = _approved_before(path, request)
    with propose(planner, path.rules, path.store, request) as proposal:
        if not proposal.record.form["resources"]:
            return Done(Update(path.stack, {}, 0, notes), proposal.record)
        if request != UPDATE:
            # Nobody else plans these; `headgate plan` records those of updates.
            record_plan(path.stack, proposal.record)
        _let_through(path, proposal, before, wait_minutes)
        if ask and not click.confirm(_question(path.stack, proposal), default=request == UPDATE, err=True):
            raise click.Abort
        done = _run(path, planner, proposal, steps or Steps())
        if request == UPDATE:
            # What comes next is compared with the last update: nothing else says what the stack consists of.
            path.store.apply(path.stack, proposal.record.subject.plan)
    return done


def _run(path: ProtectedPath, planner: Planner, proposal: Proposal, steps: Steps) -> Done:
    """Run the engine with what holds it to the plan, and look at whether it kept to it."""
    from rich.console import Console

    from headgate import engine
    from headgate.engine.render import rendering

    seen: list[Event] = []
    subject = proposal.record.subject
    steps.about = {"plan": subject.plan, "tree": subject.tree, "commit": proposal.record.commit}
    with _receipt(path, proposal) as receipt, rendering(Console(stderr=True)) as renderer:

        def see(event: Event) -> None:
            renderer.see(event)
            if "resOutputsEvent" in event:
                seen.append(event)

        held = _held(path, planner, proposal)
        update = engine.up(
            path.stack,
            request=proposal.request,
            project=path.project.root,
            on_event=see,
            on_note=renderer.note,
            arguments=("--skip-preview", *held),
            steps=steps,
            more=_told_to_the_pack(path, receipt),
        )
    return Done(update, proposal.record, strayed(proposal, seen))


def _told_to_the_pack(path: ProtectedPath, receipt: Path) -> dict[str, str]:
    """Return what the pack is to judge by: the very rules that this run has verified, and pulls no others."""
    rules = str(path.rules.bundle.root)
    return {"HEADGATE_RECEIPT": str(receipt), "HEADGATE_POLICIES": rules, "HEADGATE_RULES_BUNDLE": ""}


def _held(path: ProtectedPath, planner: Planner, proposal: Proposal) -> tuple[str, ...]:
    """Return the options that hold the engine to the plan.

    The engine asks the pack about an update alone. So all that the pack looks at then is looked at here, at the last
    moment: the operation foreseen anew, the tree, and the approvals as they are now.
    """
    from headgate.gate.protected import approved, still_the_same

    if proposal.request == UPDATE:
        return ("--plan", str(proposal.saved.file))
    still_the_same(planner, proposal)
    decision = approved(proposal, path.rules, path.store, applies=True)
    if decision.blocking:
        raise _refused(path, decision, proposal.record.subject)
    return proposal.request.held_to(proposal.record.form)


def strayed(proposal: Proposal, seen: Sequence[Event]) -> str:
    """Return what the engine did other than was approved; an update it holds to its plan itself."""
    from headgate.plan.actions import changes_of, outcomes
    from headgate.plan.otherwise import difference

    form = proposal.record.form
    if proposal.request == UPDATE or (ran := changes_of(outcomes(seen))) == form["resources"]:
        return ""
    return difference(form, {"resources": ran})


def _question(stack: str, proposal: Proposal) -> str:
    """Return what a person is asked before it begins."""
    if proposal.request == UPDATE:
        return f"Apply this plan to {stack}?"
    count = len(proposal.record.form["resources"])
    return f"{proposal.request.action.capitalize()} {stack}, as approved ({count} resources)?"


def _approved_before(path: ProtectedPath, request: Request) -> PlanRecord | None:
    """Return the plan of this action that somebody signed, if it is the last one that was made.

    An update that was refused leaves a plan that nobody signed: until the approved one is applied, that one is told of.
    """
    digest = path.store.latest(path.stack, request.action)
    if request == UPDATE and digest and not path.store.approvals(path.stack, digest):
        approved = path.store.approved(path.stack)
        digest = approved if approved != path.store.applied(path.stack) else None
    signed = digest and path.store.approvals(path.stack, digest)
    return path.store.plan(path.stack, digest) if digest and signed else None


def _let_through(path: ProtectedPath, proposal: Proposal, before: PlanRecord | None, wait_minutes: float) -> None:
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
        raise _refused(path, decision, subject, _since(before, proposal.record))


def _since(before: PlanRecord | None, now: PlanRecord) -> list[str]:
    """Return why the approvals that were given are of no use, where they are of another plan than this one."""
    from headgate.plan.otherwise import difference

    if before is None or before.subject.plan == now.subject.plan:
        return []
    return [f"approved was {before.subject.plan}, since when: {difference(before.form, now.form)}"]


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


def _refused(path: ProtectedPath, decision: Decision, subject: Subject, since: Sequence[str] = ()) -> HeadgateError:
    """Return the error of a plan that is not let through: what is wrong, or that only approvals are missing."""
    found = [
        f"{result.rule.id}: {violation.message}" for result in decision.blocking for violation in result.violations
    ]
    missing = decision.exit_code is Exit.APPROVALS_MISSING
    return HeadgateError(
        f"the {_what(subject)} is not approved, so nothing was {_done(subject)}"
        if missing
        else f"the {_what(subject)} is refused by policy",
        where=f"{path.stack}, {subject.plan}",
        found="".join(f"\n    {line}" for line in [*found, *since]),
        expected="the approvals that policies/parameters asks for" if missing else "a plan that keeps the rules",
        fix=f"headgate approvals -s {path.stack}; `headgate approve -s {path.stack}` signs it"
        if missing or subject.action != UPDATE.action
        else f"headgate plan -s {path.stack}",
        exit_code=decision.exit_code,
    )


def _what(subject: Subject) -> str:
    return "plan" if subject.action == UPDATE.action else subject.action


def _done(subject: Subject) -> str:
    return "applied" if subject.action == UPDATE.action else "done"
