"""The protected path to a stack: a plan, its verdict, and what its approvals say.

Owns what is proposed (an update, a destroy, a refresh, an import) and how it is judged, at gate P, with and without
approvals. Asks nobody and applies nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headgate.approval.document import Subject
from headgate.approval.facts import facts, verdict_of
from headgate.approval.store import PlanRecord, Store
from headgate.audit.entry import current_actor, now
from headgate.cost.estimate import estimate
from headgate.cost.table import load_table
from headgate.engine.plan import Planner, SavedPlan
from headgate.errors import Exit, HeadgateError
from headgate.gate.branch import tree_at
from headgate.gate.pull_request import decide
from headgate.plan import tree
from headgate.plan.actions import UPDATE, Request, form_of_outcomes, outcomes
from headgate.plan.digest import PlanForm, Secrets, ciphertexts, form_of
from headgate.plan.otherwise import difference
from headgate.plan.pulumi import from_events, from_inputs, from_state
from headgate.plan.view import Operation, View
from headgate.policy.bundle import Bundle
from headgate.policy.decision import Decision

if TYPE_CHECKING:
    from headgate.gate.knowledge import Asked
    from headgate.waiver.standing import Standing

# Who else has a hand in a change, as CI knows it: it can only add names.
AUTHORS = "HEADGATE_AUTHORS"
_ROOT = "pulumi:pulumi:Stack"
_TARGETS = ("origin/HEAD", "HEAD")


@dataclass(frozen=True)
class Rules:
    """By whose rules a plan is judged, what became of the waivers, and who knows what no plan tells."""

    bundle: Bundle
    waivers: tuple[Standing, ...] = ()
    facts: Asked | None = None


@dataclass(frozen=True)
class Proposal:
    """A plan that is made, with all that is to be approved."""

    saved: SavedPlan
    view: View
    record: PlanRecord
    verdict: Decision
    """By all rules, before anybody is asked for approval."""
    request: Request = UPDATE


@contextlib.contextmanager
def rules_of_target(project: Path, target: str | None) -> Iterator[Bundle]:
    """Lend the rules, parameters and approvers of the target branch, which no proposal chooses; as long as it lasts."""
    for ref in [target] if target else list(_TARGETS):
        with contextlib.ExitStack() as copies:
            try:
                top, copy = copies.enter_context(tree_at(ref, project, "policies"))
            except HeadgateError:
                if target:
                    raise
                continue
            yield Bundle.find(copy / project.resolve().relative_to(top.resolve()) / "policies")
            return
    own = project / "policies"
    yield Bundle.find(own if own.is_dir() else None)


@contextlib.contextmanager
def propose(
    planner: Planner, rules: Rules, store: Store, request: Request = UPDATE, ledger: Path | None = None
) -> Iterator[Proposal]:
    """Make a plan, judge it, and keep its form; the engine's own files live as long as the context."""
    tree_now, stack = tree.tree_of(planner.project.root), planner.stack
    with planner.plan() if request == UPDATE else planner.foresee(request) as saved:
        form = _form(planner, saved, store) if request == UPDATE else form_foreseen(stack, request, saved)
        view = _view(saved, stack, request)
        verdict = decide(view, rules.bundle, ledger=ledger, waivers=rules.waivers, facts=rules.facts)
        actor = _asking(store, stack, form.digest) if request != UPDATE else current_actor()
        authors = _authors(planner.project.root, store, stack, () if request == UPDATE else (actor,))
        subject = Subject(stack, form.action, form.digest, tree_now, authors, verdict_of(verdict))
        record = PlanRecord(
            subject,
            form.as_json(),
            made=now(),
            actor=actor,
            commit=tree.head_of(planner.project.root),
            changes=dict(Counter(str(each.operation) for each in view.resources)),
            cost=_cost(from_state(saved.state, "state", stack), view),
            losses=_losses(verdict),
        )
        store.keep(record)
        yield Proposal(saved, view, record, verdict, request)


def still_the_same(planner: Planner, proposal: Proposal) -> None:
    """Refuse unless the operation, foreseen anew, is the one that was approved, on the same tree.

    The engine has no plan to be held to, so this comes right before it begins.
    """
    subject = proposal.record.subject
    with planner.foresee(proposal.request) as saved:
        found = form_foreseen(planner.stack, proposal.request, saved)
    if found.digest != subject.plan or tree.tree_of(planner.project.root) != subject.tree:
        raise moved(subject, proposal.record.form, found.as_json())


def moved(subject: Subject, approved: Mapping[str, Any], found: Mapping[str, Any]) -> HeadgateError:
    """Return the error of an operation that is another by now than the one that was approved."""
    return HeadgateError(
        f"what this {subject.action} does is another now than what was approved, so nothing was done",
        where=f"{subject.stack}, {subject.plan}",
        found=difference(approved, found),
        expected="the state and the resources that the approved plan names",
        fix=f"headgate {subject.action} again: it makes the plan of what is there now, to be approved",
        exit_code=Exit.APPROVALS_MISSING,
    )


def approved(proposal: Proposal, rules: Rules, store: Store, *, applies: bool, ledger: Path | None = None) -> Decision:
    """Judge a plan with the approvals that it has."""
    subject = proposal.record.subject
    known = facts(subject, store.approvals(subject.stack, subject.plan), rules.bundle, applies=applies)
    return decide(proposal.view, rules.bundle, ledger=ledger, waivers=rules.waivers, approval=known, facts=rules.facts)


def _form(planner: Planner, saved: SavedPlan, store: Store) -> PlanForm:
    """Return the plan's form; the key of its secrets is made with the first plan."""
    stack = planner.stack
    if store.sealed_key(stack) is None:
        store.seal_key(stack, planner.new_key())
    key = planner.open_key(str(store.sealed_key(stack)))
    texts = planner.open(ciphertexts(saved.document, saved.state))
    return form_of(saved.document, saved.state, Secrets(key, texts), stack=stack)


def form_foreseen(stack: str, request: Request, saved: SavedPlan) -> PlanForm:
    """Return the form of what the engine has no plan for."""
    return form_of_outcomes(stack, request.action, outcomes(saved.preview.events()), saved.state)


def _view(saved: SavedPlan, stack: str, request: Request) -> View:
    """Return what the rules judge. The stack's own resource is always there: it is where they ask for approvals."""
    if request == UPDATE:
        return from_events(saved.preview.events(), f"plan of {stack}", stack)
    view = from_events(saved.preview.events(), f"{request.action} of {stack}", stack, "resOutputsEvent")
    own = f"urn:pulumi:{stack}::headgate::{_ROOT}::headgate-{stack}"
    found = next((each for each in view.resources if each.type == _ROOT), from_inputs(own, _ROOT, {}))
    root = replace(found, operation=Operation.SAME)
    return replace(view, resources=(root, *(each for each in view.resources if each is not found)))


def _losses(verdict: Decision) -> dict[str, str]:
    """Return what the rules would let go by approval alone, so that who approves is told."""
    lost = (each for each in verdict.blocking if each.violations and each.violations[0].approval)
    return {each.resource.id: "; ".join(one.message for one in each.violations) for each in lost}


def _asking(store: Store, stack: str, digest: str) -> str:
    """Return who asked for an operation first: whoever runs it once it is approved may be another."""
    known = store.plan(stack, digest)
    return known.actor if known else current_actor()


def _authors(project: Path, store: Store, stack: str, more: Iterable[str] = ()) -> tuple[str, ...]:
    """Return who wrote the change since what was applied last, and who asked for it (`more`).

    Who plans what is not committed is one of them.
    """
    last = store.applied(stack)
    record = store.plan(stack, last) if last else None
    found = {*tree.authors_of(project, record.commit if record else None), *(name.lower() for name in more)}
    if tree.is_edited(project):
        found.add(current_actor())
    found.update(name.strip().lower() for name in os.environ.get(AUTHORS, "").split(",") if name.strip())
    return tuple(sorted(found))


def _cost(before: View, after: View) -> dict[str, Any]:
    """Return what the stack costs a month by the price table, before and after."""
    table = load_table(None)
    bounds = {name: estimate(view, table) for name, view in (("before", before), ("after", after)) if view.resources}
    return {"currency": table.currency} | {
        name: [float(found.low), float(found.high)] for name, found in bounds.items()
    }
