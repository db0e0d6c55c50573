"""`headgate approve`: read a plan, and sign it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.approval_path import DIGEST, JSON, STACK, TARGET, options
from headgate.errors import Exit, HeadgateError

if TYPE_CHECKING:
    from headgate.approval.document import Claims
    from headgate.approval.policy import StackPolicy
    from headgate.approval.signing import Signing
    from headgate.approval.store import PlanRecord
    from headgate.approver.pipelines import Pipeline
    from headgate.approver.register import Approver
    from headgate.cli.approval_path import ProtectedPath

_SIGNED_WITH = (
    click.option("--as", "name", required=True, help="Your name in policies/approvers.yaml, or a pipeline's."),
    click.option("--key", metavar="FILE|VAULT", help="Your key, or azurekeyvault://…; without it, SSH agent's."),
    click.option("--role", help="The role in which you approve [the first of yours that may]."),
    click.option("--hours", type=click.IntRange(1), help="For how many hours it counts [as long as may be]."),
    click.option("--break-glass", "incident", metavar="INCIDENT", help="Go past count and times in an emergency."),
    click.option("-y", "--yes", is_flag=True, help="Don't ask."),
)


@click.command()
@options(STACK, DIGEST, *_SIGNED_WITH, TARGET, JSON)
def approve(
    stack: str,
    digest: str | None,
    name: str,
    key: str | None,
    role: str | None,
    hours: int | None,
    incident: str | None,
    yes: bool,
    target: str | None,
    as_json: bool,
) -> int:
    """Sign the plan of a stack, after you have read it.

    Shows what changes, the verdict of the rules, the cost and what is other than in the last plan that was applied.
    Signed are the plan's digest, the stack, the tree, its authors and the verdict: nothing else can be applied by it.

    Exit code: 0 enough people approved, 2 could not sign, 3 more approvals are needed.
    """
    from headgate.approval.policy import policy_of
    from headgate.approval.standing import standing
    from headgate.cli.approval_path import protected_path
    from headgate.cli.approval_screen import lines, standing_lines

    with protected_path(stack, target) as path:
        record, policy = path.plan(digest), policy_of(path.rules.bundle, stack)
        approver = _approver(path, name)
        _refuse_hopeless(record, policy)
        applied = path.store.applied(stack)
        click.echo("\n".join(lines(record, path.store.plan(stack, applied) if applied else None)), err=as_json)
        if not yes:
            click.confirm("Sign this?", abort=True, err=as_json)
        claims = _claims(record, approver, policy, role, hours, incident)
        token = _signed(path, claims, approver, key)
        _refuse_worthless(path, record, token)
        path.store.approve(stack, record.subject.plan, approver.key_name, claims.kind, token)
        tokens = path.store.approvals(stack, record.subject.plan)
        stands = standing(record.subject, tokens, path.rules.bundle)
    _record(claims, approver.key_name, token)
    if as_json:
        found = {"plan": record.subject.plan, "approval": claims.as_json(), "enough": stands.enough}
        click.echo(json.dumps({**found, "people": list(stands.people)}, indent=2))
    else:
        click.echo("\n".join(standing_lines(stands, policy.count)))
    return int(Exit.WELL if stands.enough else Exit.APPROVALS_MISSING)


def _approver(path: ProtectedPath, name: str) -> Approver | Pipeline:
    """Return who signs: a person, or the pipeline that this run is of."""
    from headgate.approver import register

    found = register.read(path.rules.bundle.root)
    listed: tuple[Approver | Pipeline, ...] = (*found.approvers, *found.pipelines)
    approver = next((each for each in listed if each.name == name), None)
    if approver is None:
        raise HeadgateError(
            "you are no approver",
            where="policies/approvers.yaml of the target branch",
            found=name,
            expected=", ".join(each.name for each in listed) or "an entry: there is none yet",
            fix="`headgate waiver key NAME --out FILE` makes a key, and prints the entry to propose",
        )
    return approver


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


def _claims(
    record: PlanRecord,
    approver: Approver | Pipeline,
    policy: StackPolicy,
    role: str | None,
    hours: int | None,
    incident: str | None,
) -> Claims:
    """Return what is signed."""
    from headgate.approval.document import BREAK_GLASS_SECONDS, Claims, Kind

    roles = policy.emergency_roles if incident else policy.roles
    mine = [each for each in approver.roles if each in roles]
    # A role that has to be among them comes first.
    chosen = role or next((each for each in mine if each in policy.each), None) or next(iter(mine), "")
    longest = BREAK_GLASS_SECONDS if incident else policy.hours * 3600
    seconds = min(hours * 3600, longest) if hours else longest
    now = int(time.time())
    kind = Kind.BREAK_GLASS if incident else Kind.APPROVAL
    return Claims(record.subject, approver.name, chosen, now, now, now + seconds, kind, incident or "")


def _signed(path: ProtectedPath, claims: Claims, approver: Approver | Pipeline, key: str | None) -> str:
    """Return the approval: signed by a person's key, or behind a token of the pipeline's issuer."""
    from headgate.approval.document import signed, vouched
    from headgate.approval.github import GitHubRun
    from headgate.approver import register
    from headgate.approver.pipelines import Pipeline

    if not isinstance(approver, Pipeline):
        return signed(claims, _signing(approver, key))
    known = register.read(path.rules.bundle.root).vouched()
    issuer = next(issuer for pipeline, issuer in known if pipeline.name == approver.name)
    return vouched(claims, GitHubRun.of(issuer))


def _signing(approver: Approver, key: str | None) -> Signing:
    from headgate.approval.agent import AgentSigning
    from headgate.approval.signing import FileSigning
    from headgate.approval.vault import SCHEME, VaultSigning
    from headgate.approver.keys import open_key
    from headgate.cli.passphrase import passphrase

    if key is None:
        return AgentSigning.of(approver)
    if key.startswith(SCHEME):
        return VaultSigning.of(approver, key)
    return FileSigning(open_key(approver.name, Path(key), passphrase()))


def _refuse_worthless(path: ProtectedPath, record: PlanRecord, token: str) -> None:
    """Refuse a signature that would not count: better now than at the update."""
    from headgate.approval.standing import standing

    (stands,) = standing(record.subject, [token], path.rules.bundle).each
    if not stands.counts:
        raise HeadgateError(
            "this signature would not count",
            where=record.subject.stack,
            found=stands.problem,
            expected="a key and a role of policies/approvers.yaml, on a change that is not yours",
            fix="ask another approver, or name another --role",
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
