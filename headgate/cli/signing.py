"""What the commands by which people approve share: who signs, what is said, with which key; plans and models alike."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.approval.document import Claims, Subject
    from headgate.approval.policy import StackPolicy
    from headgate.approval.signing import Signing
    from headgate.approval.standing import Approvals
    from headgate.approver.pipelines import Pipeline
    from headgate.approver.register import Approver, Approvers

AS = (
    click.option("--as", "as_name", required=True, help="Your name in policies/approvers.yaml, or a pipeline's."),
    click.option("--key", metavar="FILE|VAULT", help="Your key, or azurekeyvault://…; without it, SSH agent's."),
    click.option("--role", help="The role in which you approve [the first of yours that may]."),
    click.option("--hours", type=click.IntRange(1), help="For how many hours it counts [as long as may be]."),
)
YES = click.option("-y", "--yes", is_flag=True, help="Don't ask.")


def approver_of(known: Approvers, name: str, where: str) -> Approver | Pipeline:
    """Return who signs: a person, or the pipeline that this run is of."""
    listed: tuple[Approver | Pipeline, ...] = (*known.approvers, *known.pipelines)
    approver = next((each for each in listed if each.name == name), None)
    if approver is None:
        raise HeadgateError(
            "you are no approver",
            where=where,
            found=name,
            expected=", ".join(each.name for each in listed) or "an entry: there is none yet",
            fix="`headgate waiver key NAME --out FILE` makes a key, and prints the entry to propose",
        )
    return approver


def claims_of(
    subject: Subject,
    approver: Approver | Pipeline,
    policy: StackPolicy,
    role: str | None,
    hours: int | None,
    incident: str | None = None,
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
    return Claims(subject, approver.name, chosen, now, now, now + seconds, kind, incident or "")


def signed_by(known: Approvers, claims: Claims, approver: Approver | Pipeline, key: str | None) -> str:
    """Return the approval: signed by a person's key, or behind a token of the pipeline's issuer."""
    from headgate.approval.document import signed, vouched
    from headgate.approval.github import GitHubRun
    from headgate.approver.pipelines import Pipeline

    if not isinstance(approver, Pipeline):
        return signed(claims, _signing(approver, key))
    issuer = next(issuer for pipeline, issuer in known.vouched() if pipeline.name == approver.name)
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


def refuse_worthless(found: Approvals, where: str) -> None:
    """Refuse a signature, judged alone, that would not count: better now than when it is needed."""
    (stands,) = found.each
    if not stands.counts:
        raise HeadgateError(
            "this signature would not count",
            where=where,
            found=stands.problem,
            expected="a key and a role of policies/approvers.yaml, on a change that is not yours",
            fix="ask another approver, or name another --role",
        )
