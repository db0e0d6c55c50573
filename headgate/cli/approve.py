"""`headgate approve`: read a plan, and sign it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from headgate.cli.approval_path import DIGEST, JSON, STACK, TARGET, options
from headgate.cli.plain import lines_of
from headgate.cli.signing import AS, YES
from headgate.errors import Exit, HeadgateError

if TYPE_CHECKING:
    from headgate.approval.document import Claims
    from headgate.approval.policy import StackPolicy
    from headgate.approval.store import PlanRecord

_UPDATE = "update"
_BREAK_GLASS = click.option(
    "--break-glass", "incident", metavar="INCIDENT", help="Go past count and times in an emergency."
)


@click.command()
@options(STACK, DIGEST, *AS, _BREAK_GLASS, YES, TARGET, JSON)
def approve(
    stack: str,
    digest: str | None,
    as_name: str,
    key: str | None,
    role: str | None,
    hours: int | None,
    incident: str | None,
    yes: bool,
    target: str | None,
    as_json: bool,
) -> int:
    """Sign the plan of a stack, after you have read it.

    Shows what changes, the verdict of the rules, the cost and what is other than in the last plan that was approved.
    Signed are the plan's digest, the stack, the tree, its authors and the verdict: nothing else can be applied by it.

    Exit code: 0 enough people approved, 2 could not sign, 3 more approvals are needed.
    """
    from headgate.approval.policy import policy_of
    from headgate.approval.standing import standing
    from headgate.approver import register
    from headgate.cli.approval_path import protected_path
    from headgate.cli.approval_screen import last_update, lines, standing_lines
    from headgate.cli.signing import approver_of, claims_of, refuse_worthless, signed_by

    with protected_path(stack, target) as path:
        record, policy = path.plan(digest), policy_of(path.rules.bundle, stack)
        known = register.read(path.rules.bundle.root)
        approver = approver_of(known, as_name, f"policies/{register.FILE} of the target branch")
        _refuse_hopeless(record, policy)
        click.echo(lines_of(lines(record, *last_update(path.store, record))), err=as_json)
        if not yes:
            click.confirm("Sign this?", abort=True, err=as_json)
        claims = claims_of(record.subject, approver, policy, role, hours, incident)
        token = signed_by(known, claims, approver, key)
        refuse_worthless(standing(record.subject, [token], path.rules.bundle), stack)
        path.store.approve(stack, record.subject.plan, approver.key_name, claims.kind, token)
        tokens = path.store.approvals(stack, record.subject.plan)
        stands = standing(record.subject, tokens, path.rules.bundle)
        if stands.enough and not stands.emergency and record.subject.action == _UPDATE:
            path.store.settle(stack, record.subject.plan)
    _record(claims, approver.key_name, token)
    if as_json:
        found = {"plan": record.subject.plan, "approval": claims.as_json(), "enough": stands.enough}
        click.echo(json.dumps({**found, "people": list(stands.people)}, indent=2))
    else:
        click.echo(lines_of(standing_lines(stands, policy.count)))
    return int(Exit.WELL if stands.enough else Exit.APPROVALS_MISSING)


def _refuse_hopeless(record: PlanRecord, policy: StackPolicy) -> None:
    """Refuse what no signature would let through."""
    if not policy.is_protected:
        raise HeadgateError(
            "the stack is not protected: its plans are approved by nobody",
            where=record.subject.stack,
            fix=f"headgate up -s {record.subject.stack}",
        )
    if record.subject.verdict["outcome"] != "pass":
        raise HeadgateError(
            "the plan breaks rules that no approval lifts, so there is nothing to sign",
            where=record.subject.stack,
            found=f"verdict {record.subject.verdict['outcome']}",
            fix=f"headgate plan -s {record.subject.stack}",
            exit_code=Exit.VIOLATIONS,
        )


def _record(claims: Claims, key_name: str, token: str) -> None:
    """Make the approval an entry of the ledger, and break-glass an alert and an incident of its own."""
    from headgate.approval.document import Kind as Of
    from headgate.audit import Entry, record
    from headgate.audit.entry import Kind
    from headgate.gate.record import configured_ledger

    ledger = configured_ledger()
    if ledger is None:
        return
    stack = claims.subject.stack
    said = {**claims.as_json(), "key": key_name, "signature": token}
    entries = [Entry(kind=Kind.APPROVAL, subject=stack, data=said)]
    if claims.kind is Of.BREAK_GLASS:
        alert = {"alert": "break-glass", "incident": claims.incident, "approver": claims.approver}
        follow_up = {**alert, "plan": claims.subject.plan, "follow_up": "take the change through the ordinary approval"}
        entries += [Entry(kind=Kind.ALERT, subject=stack, data=alert)]
        entries += [Entry(kind=Kind.INCIDENT, subject=stack, data=follow_up)]
    record(ledger, entries)
