"""`headgate model promote | demote`: where a version stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.model_options import (
    JSON,
    KEY,
    LEDGER,
    REGISTRY,
    SIGNERS,
    desk_of,
    named,
    print_json,
    record_event,
    version_of,
)

if TYPE_CHECKING:
    from headgate.model.proofs.attach import Desk
    from headgate.model.proofs.stage import Stage
    from headgate.model.proofs.standing import Standing

_REASON = click.option("--reason", required=True, help="Why, for who reads it in half a year.")


@click.command()
@named
@click.option("--to", type=click.Choice(["staging", "production"]), help="The next stage.  [default: the next one]")
@_REASON
@KEY
@SIGNERS
@REGISTRY
@LEDGER
@JSON
def promote(
    name: str,
    reference: str | None,
    to: str | None,
    reason: str,
    key_file: Path,
    signers: Path | None,
    login_server: str,
    ledger: Path | None,
    as_json: bool,
) -> None:
    """Move a version up: candidate → staging → production, one step at a time.

    It has to have a signature that counts, card, lineage, bill of materials, and an evaluation within its thresholds;
    all that is missing is told at once. To production it is promoted by somebody else than who signed it.
    """
    from headgate.model.proofs.promotion import check_up
    from headgate.model.proofs.stage import Stage

    desk, standing = _read(login_server, key_file, signers, name, reference)
    target = check_up(standing, Stage(to) if to else None, desk.key.public.id)
    _move(desk, standing, target, "promote", reason, ledger, as_json)


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
@SIGNERS
@REGISTRY
@LEDGER
@JSON
def demote(
    name: str,
    reference: str | None,
    to: str,
    reason: str,
    key_file: Path,
    signers: Path | None,
    login_server: str,
    ledger: Path | None,
    as_json: bool,
) -> None:
    """Move a version down, or out: back to candidate or staging, archived, restricted.

    Nothing is asked but who does it: what is wrong must not have to be proven before it is stopped.
    """
    from headgate.model.proofs.promotion import check_down
    from headgate.model.proofs.stage import Stage

    desk, standing = _read(login_server, key_file, signers, name, reference)
    _move(desk, standing, check_down(standing, Stage(to)), "demote", reason, ledger, as_json)


def _read(
    login_server: str, key_file: Path, signers: Path | None, name: str, reference: str | None
) -> tuple[Desk, Standing]:
    from headgate.model.proofs.signers import Role
    from headgate.model.proofs.standing import read

    desk = desk_of(login_server, key_file, signers)
    standing = read(desk.models, *version_of(name, reference), desk.signers)
    desk.check(standing.model, Role.PROMOTE)
    return desk, standing


def _move(
    desk: Desk, standing: Standing, to: Stage, action: str, reason: str, ledger: Path | None, as_json: bool
) -> None:
    before, model = standing.stage, standing.model
    fields = {"from": str(before), "to": str(to), "reason": reason}
    record_event(ledger, action, standing, desk.name, **fields)
    try:
        made = desk.move(standing, to, reason)
    except Exception:
        record_event(ledger, f"{action}-failed", standing, desk.name, **fields)
        raise
    if as_json:
        print_json({"name": model.name, "digest": model.digest, "statement": made.digest, "by": desk.name, **fields})
    else:
        click.echo(f"{model.name} {model.version}: {before} → {to}, by {desk.name}")
