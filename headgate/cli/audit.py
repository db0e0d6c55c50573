"""`headgate audit`: append to a ledger, read it, prove and verify it. Rendering only; the work is headgate.audit's."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from headgate.audit.canonical import parse
from headgate.audit.lines import append_lines, send_lines
from headgate.audit.reader import LedgerReader, published
from headgate.audit.record import collector_holding
from headgate.audit.verify import Report
from headgate.audit.verify import verify as verify_ledger
from headgate.audit.writer import Ledger
from headgate.errors import Exit, HeadgateError
from headgate.sandbox.layout import StateDir

_PATH = click.Path(path_type=Path)
_LARGE = 100_000


def _default_ledger() -> Path:
    """Return the sandbox's ledger, which is what one means who names none."""
    return StateDir.from_environment().ledger


ledger_option = click.option(
    "--ledger", type=_PATH, default=_default_ledger, show_default="the sandbox's", help="The ledger's folder."
)
key_option = click.option("--key", type=_PATH, help="File of the public key that you know to be the ledger's.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print data, not text.")


@click.group()
def audit() -> None:
    """Append to and verify the ledger."""


@audit.command()
@ledger_option
@click.option("--file", "file", type=click.File("rb"), required=True, help="JSON lines; `-` reads standard input.")
@click.option("--origin", help="Name of a new ledger, such as example.com/ledger.")
@click.option("--strict", is_flag=True, help="Refuse objects that are no entries instead of wrapping them.")
@click.option("--wait", type=float, default=5.0, show_default=True, help="Seconds to wait for another writer.")
@json_option
def append(ledger: Path, file: IO[bytes], origin: str | None, strict: bool, wait: float, as_json: bool) -> None:
    """Append every line of a file, durably, or none of it.

    Where a collector holds the ledger, it is sent there.
    """
    collector = collector_holding(ledger)
    if collector is not None:
        size = LedgerReader(ledger).checkpoint.size
        done = send_lines(collector.send, size, file, file.name, is_strict=strict)
        checkpoint = published(ledger, done.last + 1)
    else:
        with Ledger(ledger, origin=origin, wait=wait) as opened:
            done = append_lines(opened, file, file.name, is_strict=strict)
            checkpoint = opened.publish()
    if as_json:
        result = {"first": done.first, "count": done.count, "wrapped": done.foreign, "size": checkpoint.size}
        click.echo(json.dumps(result | {"root": checkpoint.root.hex()}))
        return
    last = f" {done.first} to {done.last}" if done.count else ""
    click.echo(f"appended {done.count} entries{last}; the ledger has {checkpoint.size}, root {checkpoint.root.hex()}")
    if done.foreign:
        click.echo(f"{done.foreign} of them were no entries and are kept as the data of entries of kind `record`")


@audit.command()
@ledger_option
@key_option
@click.option("--since", type=_PATH, help="A checkpoint carried away earlier, which the ledger must have grown from.")
@json_option
def verify(ledger: Path, key: Path | None, since: Path | None, as_json: bool) -> int:
    """Recompute every hash, signature and payload; name the first that does not hold."""
    size = _claimed_size(ledger)
    shown = sys.stderr.isatty() and not as_json and size > _LARGE
    columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) if shown else nullcontext() as bar:
        task = bar.add_task("", total=size) if bar else None
        report = verify_ledger(
            ledger,
            key=key,
            since=since,
            progress=(lambda done: bar.update(task, completed=done)) if bar and task is not None else None,
        )
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        _print_report(report)
    return int(Exit.WELL if report.is_well else Exit.VIOLATIONS)


def _claimed_size(ledger: Path) -> int:
    """Return the size that a checkpoint claims, for the progress bar only."""
    try:
        return int((ledger / "checkpoint").read_text().split("\n")[1])
    except (OSError, ValueError, IndexError):
        return 0


def _print_report(report: Report) -> None:
    """Print a report for a person."""
    for finding in report.findings:
        click.echo(f"{click.style('bad', fg='red', bold=True)}  {finding}")
    if report.is_well:
        click.echo(
            f"{click.style('verified', fg='green', bold=True)}  {report.size} entries, {report.payloads} payloads, "
            f"{report.checkpoints} checkpoints; root {report.root}"
        )
    else:
        count = len(report.findings)
        click.echo(f"{click.style('not verified', fg='red', bold=True)}  {report.where}: {count} findings, first above")
    click.echo(f"key  {report.key or 'unreadable'}")
    for note in report.notes:
        click.echo(f"note  {note}")


@audit.command()
@ledger_option
@key_option
@click.argument("index", type=int)
@json_option
def show(ledger: Path, key: Path | None, index: int, as_json: bool) -> None:
    """Print one entry, with its payload."""
    reader = LedgerReader(ledger, key)
    document = reader.document(reader.entry(index))
    click.echo(
        json.dumps(document, ensure_ascii=False) if as_json else json.dumps(document, indent=2, ensure_ascii=False)
    )


@audit.command()
@ledger_option
@key_option
@click.option("--kind", help="Only entries of this kind.")
@click.option("--actor", help="Only entries by this actor.")
@click.option("--subject", help="Only entries whose subject contains this.")
@click.option("--from", "start", help="Only entries at or after this time (2026-01-31 or 2026-01-31T12:00:00Z).")
@click.option("--to", "end", help="Only entries before this time.")
@click.option("--limit", type=click.IntRange(1), help="Stop after this many.")
@json_option
def query(ledger: Path, key: Path | None, limit: int | None, as_json: bool, **wanted: str | None) -> None:
    """List entries by kind, actor, subject or time."""
    found = 0
    for index, entry in LedgerReader(ledger, key).entries():
        document = parse(entry)
        if not _matches(document, wanted):
            continue
        if as_json:
            click.echo(json.dumps({"index": index, **document}, ensure_ascii=False))
        else:
            click.echo(
                f"{index:>8}  {document['time']}  {document['kind']:<12} {document['actor']}  {document['subject']}"
            )
        found += 1
        if found == limit:
            break


def _matches(document: dict[str, Any], wanted: dict[str, str | None]) -> bool:
    """Say whether an entry is one of those asked for. RFC 3339 times in UTC sort as text."""
    kind, actor, subject = wanted["kind"], wanted["actor"], wanted["subject"]
    time = document["time"]
    return (
        kind in (None, document["kind"])
        and actor in (None, document["actor"])
        and (subject is None or subject in document["subject"])
        and (wanted["start"] or "") <= time
        and (wanted["end"] is None or time < wanted["end"])
    )


@audit.command()
@ledger_option
@key_option
@click.argument("index", type=int)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the proof here.")
def prove(ledger: Path, key: Path | None, index: int, output: Path | None) -> None:
    """Prove that an entry is in the ledger (c2sp.org/tlog-proof: anyone's verifier reads it)."""
    proof = LedgerReader(ledger, key).prove(index)
    if output is None:
        click.echo(proof, nl=False)
        return
    try:
        output.write_text(proof)
    except OSError as error:
        raise HeadgateError("the proof can't be written", where=str(output), found=error.strerror) from error
