"""`headgate model key | sign | attest | evaluate`: what is proven of a version, and by whom."""

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
    record_event,
    version_of,
)
from headgate.errors import HeadgateError

if TYPE_CHECKING:
    from headgate.model.proofs.attach import Desk
    from headgate.model.proofs.documents import Kind
    from headgate.model.proofs.standing import Standing

_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.command()
@click.argument("name")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File of the private key.")
def key(name: str, out: Path) -> None:
    """Make a key for the signer NAME; its passphrase is asked for, or read from $HEADGATE_KEY_PASSPHRASE_FILE."""
    from headgate.cli.passphrase import passphrase
    from headgate.model.proofs.keys import new_key

    public = new_key(out, passphrase(confirm=True))
    click.echo(f"wrote {out}: keep it to yourself\nadd to policies/signers.yaml, under signers:", err=True)
    click.echo(f"  - name: {name}\n    key: {public.text}\n    roles: [sign]\n    models: [TEAM/*]")


@click.command()
@named
@KEY
@click.option("--certificate", type=_FILE, help="Certificate of your key, in PEM: its holder signs, not the key.")
@click.option("--chain", type=_FILE, multiple=True, help="Certificates between yours and the authority's, in PEM.")
@click.option("--from", "source", type=click.Path(exists=True, path_type=Path), help="Files that it has to be made of.")
@believed
@REGISTRY
@LEDGER
@JSON
def sign(
    name: str,
    reference: str | None,
    key_file: Path,
    certificate: Path | None,
    chain: tuple[Path, ...],
    source: Path | None,
    believed: Believed,
    login_server: str,
    ledger: Path | None,
    as_json: bool,
) -> None:
    """Sign a version's files, as OpenSSF model_signing does.

    What is signed was read: the registry's files are downloaded and checked, or with --from are those on your disk.
    """
    from headgate.model.proofs.signers import Role
    from headgate.model.proofs.standing import Standing

    desk = desk_of(login_server, key_file, believed)
    model, version = version_of(name, reference)
    found = desk.models.show(model, version) if source else desk.models.verify(model, version)
    if source:
        _require_same(source, found)
    if certificate is None:
        # A certificate is looked at when what it signed is: by then it is known whose it is.
        desk.check(found, Role.SIGN)
    # By digest from here on: what was read is what is signed, wherever the tag points by then.
    _event(desk, "sign", Standing(found), ledger)
    signed = desk.sign(found, _certificates(certificate, chain))
    if as_json:
        print_json({"name": found.name, "version": found.version, "digest": found.digest, **signed.as_json()})
    else:
        click.echo(f"signed {found.name} {found.version} as {signed.by}\n{found.digest}")


@click.command()
@named
@click.option("--card", type=_FILE, help="A model card, YAML or JSON.")
@click.option("--lineage", type=_FILE, help="Where the version comes from, YAML or JSON.")
@click.option("--bom", "make_bom", is_flag=True, help="A CycloneDX ML-BOM, made of manifest and lineage.")
@click.option("--bom-file", type=_FILE, help="A CycloneDX ML-BOM of yours, JSON.")
@KEY
@believed
@REGISTRY
@LEDGER
@JSON
def attest(
    name: str,
    reference: str | None,
    card: Path | None,
    lineage: Path | None,
    make_bom: bool,
    bom_file: Path | None,
    key_file: Path,
    believed: Believed,
    login_server: str,
    ledger: Path | None,
    as_json: bool,
) -> None:
    """Attest card, lineage and bill of materials of a version: signed statements beside it."""
    from headgate.model.proofs.bom import bill_of
    from headgate.model.proofs.documents import Kind, Lineage, read_file
    from headgate.model.proofs.standing import read

    if not (card or lineage or make_bom or bom_file) or (make_bom and bom_file):
        raise click.UsageError("name what is attested: --card, --lineage, and --bom or --bom-file.")
    desk = desk_of(login_server, key_file, believed)
    standing = read(desk.models, *version_of(name, reference), believed.proofs)
    files = {Kind.CARD: card, Kind.LINEAGE: lineage, Kind.BOM: bom_file}
    # All are read before the first is signed.
    said = {kind: read_file(kind, file, standing.model) for kind, file in files.items() if file}
    if make_bom:
        known = Lineage.model_validate(said[Kind.LINEAGE]) if Kind.LINEAGE in said else standing.lineage
        said[Kind.BOM] = bill_of(standing.model, known)
    _attest(desk, standing, said, ledger, as_json)


@click.command()
@named
@click.option("--file", "file", required=True, type=_FILE, help="The results and their thresholds, YAML or JSON.")
@KEY
@believed
@REGISTRY
@LEDGER
@JSON
def evaluate(
    name: str,
    reference: str | None,
    file: Path,
    key_file: Path,
    believed: Believed,
    login_server: str,
    ledger: Path | None,
    as_json: bool,
) -> int:
    """Attest the results of an evaluation: quality, fairness, explainability, each with its threshold.

    Results that miss a threshold are attested all the same, and end with exit code 1.
    """
    from headgate.errors import Exit
    from headgate.model.proofs.documents import Evaluation, Kind, read_file
    from headgate.model.proofs.standing import read

    desk = desk_of(login_server, key_file, believed)
    standing = read(desk.models, *version_of(name, reference), believed.proofs)
    said = read_file(Kind.EVALUATION, file, standing.model)
    _attest(desk, standing, {Kind.EVALUATION: said}, ledger, as_json)
    missed = Evaluation.model_validate(said).missed
    for each in missed:
        click.echo(f"threshold missed: {each}", err=True)
    return int(Exit.VIOLATIONS if missed else Exit.WELL)


def _attest(
    desk: Desk, standing: Standing, said: dict[Kind, dict[str, Any]], ledger: Path | None, as_json: bool
) -> None:
    from headgate.model.proofs.signers import Role

    desk.check(standing.model, Role.ATTEST)
    made: dict[str, str] = {}
    for kind, predicate in said.items():
        _event(desk, "attest", standing, ledger, kind=str(kind))
        made[str(kind)] = desk.attest(standing.model, kind, predicate).digest
    model = standing.model
    if as_json:
        print_json({"name": model.name, "version": model.version, "digest": model.digest, "attested": made})
    else:
        click.echo(f"attested {', '.join(made)} of {model.name} {model.version} as {desk.name}")


def _event(desk: Desk, action: str, standing: Standing, ledger: Path | None, **data: Any) -> None:
    record_event(ledger, action, standing, desk.key.public.id, **data)


def _require_same(source: Path, found: Any) -> None:
    from headgate.model import build

    built = build(source, found.name, found.version).model
    if built.digest != found.digest:
        raise HeadgateError(
            "these files are not the version that the registry has, so nothing was signed",
            where=str(source),
            found=built.digest,
            expected=found.digest,
            fix="push them under a new version, or sign without --from what the registry has",
        )


def _certificates(certificate: Path | None, chain: tuple[Path, ...]) -> list[bytes]:
    from cryptography import x509

    from headgate.model.proofs.certificates import encoded

    if certificate is None:
        if chain:
            raise click.UsageError("--chain is for a --certificate.")
        return []
    try:
        found = [each for file in (certificate, *chain) for each in x509.load_pem_x509_certificates(file.read_bytes())]
    except (OSError, ValueError) as error:
        raise HeadgateError(
            "the certificates can't be read", where=str(certificate), found=str(error), expected="PEM"
        ) from error
    return encoded(found)
