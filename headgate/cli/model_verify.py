"""`headgate model verify`: everything that can be known of a version, from its registry and the signers alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from headgate.cli.ledger_place import LedgerPlace
from headgate.cli.model_options import JSON, REGISTRY, Believed, believed, named, print_json, registry_of, version_of
from headgate.errors import Exit, HeadgateError

if TYPE_CHECKING:
    from headgate.model.proofs.standing import Standing


@click.command()
@named
@click.option("--content", is_flag=True, help="Check the bytes alone, not who vouches for them.")
@click.option(
    "--ledger",
    type=LedgerPlace(exists=True),
    help="A ledger that recorded the stages: told is a registry that was set back.",
)
@believed
@REGISTRY
@JSON
def verify(
    name: str,
    reference: str | None,
    content: bool,
    ledger: Path | None,
    believed: Believed,
    login_server: str,
    as_json: bool,
) -> None:
    """Download a version again and check all of it.

    Every digest, of layers and of the files in them; the signature over the files; every statement beside it; that its
    stages follow each other. Believed is nobody but the signers. Exit code 1 where a proof does not count.
    """
    from headgate.gate.record import configured_ledger
    from headgate.model.proofs import ledger as recorded
    from headgate.model.proofs.standing import Standing, read

    registry = registry_of(login_server)
    model, version = version_of(name, reference)
    found = registry.verify(model, version)
    trust = believed.trust(login_server, ledger or configured_ledger())
    standing = Standing(found) if content else read(registry, model, found.digest, trust)
    problems = [] if content else [str(each) for each in standing.problems]
    if ledger is not None and not content:
        problems += recorded.set_back(standing, ledger)
    if problems:
        raise _refused(standing, problems)
    if as_json:
        proofs = {} if content else {"proofs": standing.as_json()}
        print_json({"verified": True, **found.as_json(), **proofs})
        return
    size = sum(file.size for file in found.files)
    click.echo(f"{found.name} {found.version}: {len(found.files)} files, {size} bytes, every digest is right")
    if not content:
        _tell(standing)
    click.echo(found.digest)


def _tell(standing: Standing) -> None:
    for signed in standing.signatures:
        click.echo(f"signed by {signed.by}")
    for kind, attested in standing.attested.items():
        click.echo(f"{kind} attested by {attested.by}")
    click.echo(f"stage {standing.stage}, by {len(standing.history)} statements that follow each other")


def _refused(standing: Standing, problems: list[str]) -> HeadgateError:
    model = standing.model
    return HeadgateError(
        f"{model.name} {model.version} does not verify",
        where=model.digest,
        found="\n            ".join(problems),
        expected="proofs by the keys of policies/signers.yaml, made for this version, whole and in order",
        fix="do not deploy it; `headgate model show` tells what is beside it and by whom",
        exit_code=Exit.VIOLATIONS,
    )
