"""`headgate model promote | demote`: where a version stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headgate.cli.model_options import (
    JSON,
    KEY,
    LEDGER,
    REGISTRY,
    Believed,
    believed,
    desk_of,
    named,
    print_json,
    pushers_of,
    record_event,
    version_of,
)

if TYPE_CHECKING:
    from headgate.model.proofs.attach import Desk
    from headgate.model.proofs.stage import Stage
    from headgate.model.proofs.standing import Standing
    from headgate.model.proofs.trust import Step, Trust


def _said(_context: click.Context, _parameter: click.Parameter, reason: str) -> str:
    """Refuse a reason that says nothing: it is signed, and recorded."""
    if not reason.strip():
        raise click.BadParameter("say why: it is signed with the step, and recorded")
    return reason


_REASON = click.option("--reason", required=True, callback=_said, help="Why, for who reads it in half a year.")


@click.command()
@named
@click.option("--to", type=click.Choice(["staging", "production"]), help="The next stage.  [default: the next one]")
@_REASON
@KEY
@believed
@REGISTRY
@LEDGER
@JSON
def promote(
    name: str,
    reference: str | None,
    to: str | None,
    reason: str,
    key_file: Path,
    believed: Believed,
    login_server: str,
    ledger: Path | None,
    as_json: bool,
) -> None:
    """Move a version up: candidate → staging → production, one step at a time.

    It has to have a signature that counts, card, lineage, bill of materials, and an evaluation within its thresholds;
    all that is missing is told at once. To production it is promoted by somebody else than who signed it, and once the
    people whom `approval.promotions` asks for have approved it (`headgate model approve`).

    Exit code: 0 promoted, 1 it lacks a proof, 3 approvals are missing.
    """
    from headgate.model.proofs.promotion import check_leave, check_up, step_up
    from headgate.model.proofs.stage import Stage
    from headgate.model.proofs.trust import Question

    trust = believed.trust(login_server)
    desk, standing = _read(login_server, key_file, believed, name, reference, trust)
    target = check_up(standing, Stage(to) if to else None, desk.key.public.id)
    step = step_up(standing, target, desk.at, pushers_of(standing, ledger))
    (leave,) = trust.judge.leaves([Question(step, standing.approvals, desk.at)])
    check_leave(step, leave)
    _move(desk, standing, step, "promote", reason, ledger, as_json, leave.people)


@click.command()
@named
@click.option(
    "--to",
    required=True,
    type=click.Choice(["candidate", "staging", "archived", "restricted"]),
    help="The stage; restricted is for what must not run.",
)
@_REASON
@KEY
@believed
@REGISTRY
@LEDGER
@JSON
def demote(
    name: str,
    reference: str | None,
    to: str,
    reason: str,
    key_file: Path,
    believed: Believed,
    login_server: str,
    ledger: Path | None,
    as_json: bool,
) -> None:
    """Move a version down, or out: back to candidate or staging, archived, restricted.

    Nothing is asked but who does it: what is wrong must not have to be proven before it is stopped.
    """
    from headgate.model.proofs.promotion import check_down
    from headgate.model.proofs.stage import Stage

    desk, standing = _read(login_server, key_file, believed, name, reference, believed.proofs)
    _move(desk, standing, check_down(standing, Stage(to)), "demote", reason, ledger, as_json)


def _read(
    login_server: str, key_file: Path, believed: Believed, name: str, reference: str | None, trust: Trust
) -> tuple[Desk, Standing]:
    from headgate.model.proofs.signers import Role
    from headgate.model.proofs.standing import read

    desk = desk_of(login_server, key_file, believed)
    standing = read(desk.models, *version_of(name, reference), trust)
    desk.check(standing.model, Role.PROMOTE)
    return desk, standing


def _move(
    desk: Desk,
    standing: Standing,
    going: Step | Stage,
    action: str,
    reason: str,
    ledger: Path | None,
    as_json: bool,
    approved_by: tuple[str, ...] = (),
) -> None:
    from headgate.model.proofs.trust import Step

    step = going if isinstance(going, Step) else None
    to = going.to if isinstance(going, Step) else going
    before, model = standing.claimed, standing.model
    fields: dict[str, Any] = {"from": str(before), "to": str(to), "reason": reason}
    fields |= {"approved_by": list(approved_by)} if approved_by else {}
    record_event(ledger, action, standing, desk.name, **fields, **({"ground": step.ground} if step else {}))
    try:
        made = desk.move(standing, to, reason, step)
    except Exception:
        record_event(ledger, f"{action}-failed", standing, desk.name, **fields)
        raise
    if as_json:
        print_json({"name": model.name, "digest": model.digest, "statement": made.digest, "by": desk.name, **fields})
    else:
        click.echo(f"{model.name} {model.version}: {before} → {to}, by {desk.name}")
