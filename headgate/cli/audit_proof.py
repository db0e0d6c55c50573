"""`headgate audit prove | verify`: proofs for others, and the whole ledger or one proof checked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from headgate.cli.audit_options import (
    FILE,
    PATH,
    json_option,
    key_option,
    ledger_option,
    reader_of,
    unwritable,
    what_is_wrong,
)
from headgate.cli.plain import plain
from headgate.errors import Exit, HeadgateError

if TYPE_CHECKING:
    from headgate.audit.note import Verifier
    from headgate.audit.verify import Report

_LARGE = 100_000


@click.command()
@ledger_option
@key_option
@click.argument("index", type=int, required=False)
@click.option("--since", type=PATH, help="Prove instead that the ledger grew out of this earlier checkpoint.")
@click.option("--output", type=FILE, help="Write the proof here.")
def prove(ledger: Path, key: Path | None, index: int | None, since: Path | None, output: Path | None) -> None:
    """Prove that an entry is in the ledger, or that the ledger grew out of an earlier checkpoint.

    An inclusion proof is a c2sp.org/tlog-proof, which anyone's verifier reads; `verify --proof` reads both.
    """
    if (index is None) == (since is None):
        raise click.UsageError("give the number of an entry, or --since with an earlier checkpoint")
    reader = reader_of(ledger, key)
    if since is not None:
        try:
            proof = reader.prove_growth(since.read_text())
        except (OSError, ValueError) as error:
            raise HeadgateError(
                "the ledger can't be shown to have grown out of this checkpoint",
                where=str(since),
                found=what_is_wrong(error),
                expected="a checkpoint that this ledger's key signed, of no more entries than it has",
                fix="give the file as it was copied from the ledger, and --key with the key that signed it",
            ) from error
    else:
        proof = reader.prove(int(index or 0))
    if output is None:
        click.echo(proof, nl=False)
        return
    try:
        output.write_text(proof)
    except OSError as error:
        raise unwritable("the proof", output, error) from error


@click.command()
@ledger_option
@key_option
@click.option("--since", type=PATH, help="A checkpoint carried away earlier, which the ledger must have grown from.")
@click.option("--witness", "witnesses", type=PATH, multiple=True, help="Key of a witness that must have signed.")
@click.option("--proof", type=PATH, help="Check this proof instead; needs --key and no ledger.")
@click.option("--entry", type=PATH, help="The entry that the proof is about (`show --raw`).")
@click.option("--bundle", type=PATH, help="Check this evidence bundle instead; needs --key and no ledger.")
@json_option
def verify(
    ledger: Path,
    key: Path | None,
    since: Path | None,
    witnesses: tuple[Path, ...],
    proof: Path | None,
    entry: Path | None,
    bundle: Path | None,
    as_json: bool,
) -> int:
    """Recompute every hash, signature and payload; name the first that does not hold."""
    if proof is not None:
        return _verify_alone(proof, key, as_json, lambda text, known: _checked(text, entry, known))
    if bundle is not None:
        return _verify_alone(bundle, key, as_json, _checked_bundle)
    return _verify_ledger(ledger, key, since, witnesses, as_json)


def _verify_ledger(
    ledger: Path, key: Path | None, since: Path | None, witnesses: tuple[Path, ...], as_json: bool
) -> int:
    """Verify a ledger, in its folder or from Blob Storage."""
    from headgate.audit.address import address_of
    from headgate.audit.blob_ledger import verify_blobs

    blobs = address_of(ledger)
    if blobs is None:
        report = _verified(ledger, key, since, witnesses, as_json)
    else:
        report = verify_blobs(blobs, lambda root: _verified(root, key, since, witnesses, as_json))
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        _print_report(report)
    return int(Exit.WELL if report.is_well else Exit.VIOLATIONS)


def _verified(ledger: Path, key: Path | None, since: Path | None, witnesses: tuple[Path, ...], as_json: bool) -> Report:
    """Verify a ledger's folder, and show how far it is."""
    from headgate.audit.cosignature import WitnessKey
    from headgate.audit.verify import verify as verify_ledger

    size = _claimed_size(ledger)
    shown = sys.stderr.isatty() and not as_json and size > _LARGE
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) if shown else nullcontext() as bar:
        task = bar.add_task("", total=size) if bar else None
        return verify_ledger(
            ledger,
            key=key,
            since=since,
            witnesses=[WitnessKey.read(path) for path in witnesses],
            progress=(lambda done: bar.update(task, completed=done)) if bar and task is not None else None,
        )


def _claimed_size(ledger: Path) -> int:
    """Return the size that a checkpoint claims, for the progress bar only."""
    try:
        return int((ledger / "checkpoint").read_text().split("\n")[1])
    except (OSError, ValueError, IndexError):
        return 0


def _print_report(report: Report) -> None:
    """Print a report for a person."""
    for finding in report.findings:
        click.echo(f"{click.style('bad', fg='red', bold=True)}  {plain(finding)}")
    if report.is_well:
        click.echo(
            f"{click.style('verified', fg='green', bold=True)}  {report.size} entries, {report.payloads} payloads, "
            f"{report.checkpoints} checkpoints; root {report.root}"
        )
    else:
        count = len(report.findings)
        click.echo(f"{click.style('not verified', fg='red', bold=True)}  {report.where}: {count} findings, first above")
    click.echo(plain(f"key  {report.key or 'unreadable'}"))
    for note in report.notes:
        click.echo(plain(f"note  {note}"))


def _verify_alone(path: Path, key: Path | None, as_json: bool, check: Callable[[str, Verifier], str]) -> int:
    """Check one file with a key, and print what it proves or why it proves nothing."""
    from headgate.audit.folder import Folder

    if key is None:
        raise click.UsageError("nothing is proved without a key that you know: give its file with --key")
    known = Folder(Path()).verifier(key)
    try:
        what = check(path.read_bytes().decode(), known)
    except OSError as error:
        raise HeadgateError(
            "the proof can't be read",
            where=error.filename,
            found=error.strerror,
            expected="a file of `headgate audit prove` or `headgate audit report --bundle`",
            fix="correct --proof, --bundle or --entry",
        ) from error
    except ValueError as error:
        if as_json:
            click.echo(json.dumps({"verified": False, "found": what_is_wrong(error)}))
        else:
            click.echo(
                f"{click.style('not verified', fg='red', bold=True)}  {plain(f'{path}: {what_is_wrong(error)}')}"
            )
        return int(Exit.VIOLATIONS)
    if as_json:
        click.echo(json.dumps({"verified": True, "proves": what}))
    else:
        click.echo(f"{click.style('verified', fg='green', bold=True)}  {plain(what)}")
    return int(Exit.WELL)


def _checked_bundle(text: str, verifier: Verifier) -> str:
    """Return what a bundle proves; ValueError says why it proves nothing."""
    from headgate.evidence.bundle import verify as verify_bundle

    found = verify_bundle(text, verifier)
    return (
        f"{found.entries} entries of {found.checkpoint.origin}, which has {found.checkpoint.size}, and the report that "
        f"they make: {len(found.report['deployments'])} deployments. What was left out, only the ledger can show"
    )


def _checked(text: str, entry: Path | None, verifier: Verifier) -> str:
    """Return what a proof proves; ValueError says why it proves nothing."""
    from headgate.audit.proof import Growth, Inclusion

    if text.startswith("{"):
        old, new = Growth.parse(text).check(verifier)
        return f"{new.origin} of {new.size} entries grew out of its first {old.size}"
    if entry is None:
        raise click.UsageError("an inclusion proof is about an entry: give its bytes with --entry")
    inclusion = Inclusion.parse(text)
    checkpoint = inclusion.check(entry.read_bytes(), verifier)
    return f"the entry is number {inclusion.index} of {checkpoint.size} in {checkpoint.origin}"
