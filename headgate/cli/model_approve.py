"""`headgate model approve`: read what is proven of a version, and sign that it goes up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.approval_path import options
from headgate.cli.model_options import (
    JSON,
    LEDGER,
    REGISTRY,
    Believed,
    believed,
    named,
    print_json,
    pushers_of,
    record_approval,
    registry_of,
    version_of,
)
from headgate.cli.plain import lines_of
from headgate.cli.signing import AS, YES
from headgate.errors import Exit, HeadgateError

if TYPE_CHECKING:
    from headgate.approval.promotion import Promotions
    from headgate.model import ModelRegistry
    from headgate.model.proofs.stage import Stage
    from headgate.model.proofs.standing import Standing
    from headgate.model.proofs.trust import Step, Trust

_STAGE = click.option(
    "--stage", "to", required=True, type=click.Choice(["staging", "production"]), help="Where it is to go."
)


@click.command()
@named
@options(_STAGE, *AS, YES)
@believed
@REGISTRY
@LEDGER
@JSON
def approve(
    name: str,
    reference: str | None,
    to: str,
    as_name: str,
    key: str | None,
    role: str | None,
    hours: int | None,
    yes: bool,
    believed: Believed,
    login_server: str,
    ledger: Path | None,
    as_json: bool,
) -> int:
    """Sign that a version goes to a stage, after you have read what is proven of it.

    Shows its card, its evaluation against the thresholds, and what is other than in the version that is in production.
    Signed are the version's digest, the stage, its history so far, and what is attested of it: nothing else is promoted
    by it. Who signed, attested or pushed the version does not approve it.

    Exit code: 0 enough people approved, 1 it lacks a proof, 2 could not sign, 3 more approvals are needed.
    """
    from headgate.approval.promotion import subject
    from headgate.cli.approval_screen import standing_lines
    from headgate.cli.model_screen import lines
    from headgate.cli.signing import approver_of, claims_of, refuse_worthless, signed_by
    from headgate.model.proofs import attach
    from headgate.model.proofs.stage import Stage
    from headgate.model.proofs.standing import read
    from headgate.model.proofs.statement import now

    models, trust, judge = registry_of(login_server), *believed.judged(login_server)
    standing = read(models, *version_of(name, reference), trust)
    policy = judge.policy(Stage(to))
    approver = approver_of(judge.approvers, as_name, "the approvers of models")
    step = _step(standing, Stage(to), judge, ledger)
    click.echo(lines_of(lines(step, standing, _in_production(models, standing, trust))), err=as_json)
    if not yes:
        click.confirm("Sign this?", abort=True, err=as_json)
    claims = claims_of(subject(step), approver, policy, role, hours)
    token = signed_by(judge.approvers, claims, approver, key)
    refuse_worthless(judge.approvals(step, [token], now()), f"{standing.model.name} {standing.model.version}")
    record_approval(ledger, standing, approver.key_name, token)
    attach.approve(models, standing.model, approver.key_name, token)
    tokens = read(models, standing.model.name, standing.model.digest, trust).approvals
    stands = judge.approvals(step, tokens, now())
    if as_json:
        found = {"digest": standing.model.digest, "approval": claims.as_json(), "enough": stands.enough}
        print_json({**found, "people": list(stands.people)})
    else:
        click.echo(lines_of(standing_lines(stands, policy.count)))
    return int(Exit.WELL if stands.enough else Exit.APPROVALS_MISSING)


def _step(standing: Standing, to: Stage, judge: Promotions, ledger: Path | None) -> Step:
    """Return what would be approved; what no approval brings up is told before anybody signs."""
    from headgate.model.proofs.promotion import check_up, step_up
    from headgate.model.proofs.statement import now

    model = standing.model
    if not judge.policy(to).is_protected:
        raise HeadgateError(
            f"nobody approves that a version goes to {to}",
            where=f"{model.name} {model.version}",
            expected="a stage that `approval.promotions` in policies/parameters/ asks approvals for",
            fix=f"headgate model promote {model.name}@{model.version} --to {to}",
        )
    if standing.claimed is not to:
        # Whoever promotes it needs a key of their own, which is looked at then.
        check_up(standing, to, "")
    return step_up(standing, to, now(), pushers_of(standing, ledger))


def _in_production(models: ModelRegistry, standing: Standing, trust: Trust) -> Standing | None:
    """Return the newest other version of the model that stands in production."""
    from headgate.model.proofs.stage import Stage
    from headgate.model.proofs.standing import read

    for _, digest in reversed(models.versions(standing.model.name)):
        if digest and digest != standing.model.digest:
            found = read(models, standing.model.name, digest, trust)
            if found.stage is Stage.PRODUCTION:
                return found
    return None
