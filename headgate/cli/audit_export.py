"""`headgate audit export | rebuild`: entries for other programs, and the index made anew."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from headgate.cli.audit_options import (
    FILE,
    finder,
    index_option,
    json_option,
    key_option,
    ledger_option,
    query_of,
    reader_of,
    unwritable,
    wanted_options,
)

_COLUMNS = ("index", "time", "kind", "actor", "subject", "data")


@click.command()
@ledger_option
@key_option
@wanted_options
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True, help="One a line."
)
@click.option("--output", type=FILE, help="Write here instead of to standard output.")
@index_option
def export(
    ledger: Path, key: Path | None, form: str, output: Path | None, without_index: bool, **wanted: str | None
) -> None:
    """Write entries with their payloads, one a line, for other programs."""
    asked = query_of(wanted, ledger)
    with finder(reader_of(ledger, key), without_index) as find:
        if output is None:
            _write(sys.stdout, form, find(asked))
            return
        try:
            with _whole(output) as file:
                count = _write(file, form, find(asked))
        except OSError as error:
            raise unwritable("the entries", output, error) from error
    click.echo(f"wrote {count} entries to {output}", err=True)


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[IO[str]]:
    """Open what is there whole in the end, or as it was before. What is no file takes lines as they come."""
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    target = path.resolve()
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with fresh.open("x", encoding="utf-8", newline="") as file:
            yield file
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def _write(file: IO[str], form: str, found: Any) -> int:
    """Write entries and return how many."""
    count = 0
    put = _csv_rows(file) if form == "csv" else _json_lines(file)
    for index, one in found:
        put({"index": index, **one.document})
        count += 1
    return count


def _json_lines(file: IO[str]) -> Callable[[dict[str, Any]], None]:
    """Return what writes a document a line."""
    return lambda document: print(json.dumps(document, ensure_ascii=False), file=file)


def _csv_rows(file: IO[str]) -> Callable[[dict[str, Any]], None]:
    """Return what writes a row, the particulars as JSON; a cell that a spreadsheet would run is quoted by a mark."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)

    def put(document: dict[str, Any]) -> None:
        data = json.dumps(document.get("data", document.get("raw")), ensure_ascii=False)
        cells = [str(document.get(name, "")) for name in _COLUMNS[:-1]]
        writer.writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell for cell in (*cells, data)])

    return put


@click.command()
@ledger_option
@key_option
@json_option
def rebuild(ledger: Path, key: Path | None, as_json: bool) -> None:
    """Make the search index anew from the ledger's entries."""
    from headgate.audit.index import Index

    reader = reader_of(ledger, key)
    columns = (TextColumn("indexing"), BarColumn(), MofNCompleteColumn())
    shown = sys.stderr.isatty() and not as_json
    with (
        Index(reader) as index,
        Progress(*columns, console=Console(stderr=True), transient=True, disable=not shown) as bar,
    ):
        task = bar.add_task("", total=reader.checkpoint.size)
        index.clear()
        count = index.update(lambda done: bar.update(task, completed=done))
    click.echo(json.dumps({"indexed": count}) if as_json else f"indexed {count} entries")
