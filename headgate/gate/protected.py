"""The protected path to a stack: a saved plan, its verdict, and what its approvals say.

Owns what is proposed and how it is judged, at gate P, with and without approvals. Asks nobody and applies nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headgate.approval.document import Subject
from headgate.approval.facts import facts, verdict_of
from headgate.approval.store import PlanRecord, Store
from headgate.audit.entry import current_actor, now
from headgate.cost.estimate import estimate
from headgate.cost.table import load_table
from headgate.engine.plan import Planner, SavedPlan
from headgate.errors import HeadgateError
from headgate.gate.branch import tree_at
from headgate.gate.pull_request import decide
from headgate.plan import tree
from headgate.plan.digest import PlanForm, Secrets, ciphertexts, form_of
from headgate.plan.pulumi import from_events, from_state
from headgate.plan.view import View
from headgate.policy.bundle import Bundle
from headgate.policy.decision import Decision

if TYPE_CHECKING:
    from headgate.waiver.standing import Standing

# Who else has a hand in a change, as CI knows it: it can only add names.
AUTHORS = "HEADGATE_AUTHORS"
_TARGETS = ("origin/HEAD", "HEAD")


@dataclass(frozen=True)
class Rules:
    """By whose rules a plan is judged, and what became of the waivers."""

    bundle: Bundle
    waivers: tuple[Standing, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """A plan that is made, with all that is to be approved."""

    saved: SavedPlan
    view: View
    record: PlanRecord
    verdict: Decision
    """By all rules, before anybody is asked for approval."""


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
def propose(planner: Planner, rules: Rules, store: Store, ledger: Path | None = None) -> Iterator[Proposal]:
    """Make a plan, judge it, and keep its form; the engine's own files live as long as the context."""
    tree_now = tree.tree_of(planner.project.root)
    with planner.plan() as saved:
        form = _form(planner, saved, store)
        stack = planner.stack
        view = from_events(saved.preview.events(), f"plan of {stack}", stack)
        verdict = decide(view, rules.bundle, ledger=ledger, waivers=rules.waivers)
        authors = _authors(planner.project.root, store, stack)
        subject = Subject(stack, form.action, form.digest, tree_now, authors, verdict_of(verdict))
        record = PlanRecord(
            subject,
            form.as_json(),
            made=now(),
            actor=current_actor(),
            commit=tree.head_of(planner.project.root),
            changes=dict(Counter(str(each.operation) for each in view.resources)),
            cost=_cost(from_state(saved.state, "state", stack), view),
        )
        store.keep(record)
        yield Proposal(saved, view, record, verdict)


def approved(proposal: Proposal, rules: Rules, store: Store, *, applies: bool, ledger: Path | None = None) -> Decision:
    """Judge a plan with the approvals that it has."""
    subject = proposal.record.subject
    known = facts(subject, store.approvals(subject.stack, subject.plan), rules.bundle, applies=applies)
    return decide(proposal.view, rules.bundle, ledger=ledger, waivers=rules.waivers, approval=known)


def _form(planner: Planner, saved: SavedPlan, store: Store) -> PlanForm:
    """Return the plan's form; the key of its secrets is made with the first plan."""
    stack = planner.stack
    if store.sealed_key(stack) is None:
        store.seal_key(stack, planner.new_key())
    key = planner.open_key(str(store.sealed_key(stack)))
    texts = planner.open(ciphertexts(saved.document, saved.state))
    return form_of(saved.document, saved.state, Secrets(key, texts), stack=stack)


def _authors(project: Path, store: Store, stack: str) -> tuple[str, ...]:
    """Return who wrote the change since what was applied last; who plans what is not committed is one of them."""
    last = store.applied(stack)
    record = store.plan(stack, last) if last else None
    found = set(tree.authors_of(project, record.commit if record else None))
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
