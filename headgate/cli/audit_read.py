"""`headgate audit show | query | tail`: entries, by number, by what they name, and as they come."""

from __future__ import annotations

import json
import sys
import time
from itertools import islice
from pathlib import Path

import click

from headgate.cli.audit_options import (
    finder,
    index_option,
    json_option,
    key_option,
    ledger_option,
    line_of,
    named,
    persons_option,
    query_of,
    reader_of,
    wanted_options,
)

_POLL = 0.25
# A question to Blob Storage costs money and time.
_POLL_BLOBS = 2.0


@click.command()
@ledger_option
@key_option
@click.argument("index", type=int)
@persons_option
@click.option("--raw", is_flag=True, help="Write the entry's bytes as they were hashed, and nothing else.")
@json_option
def show(ledger: Path, key: Path | None, index: int, raw: bool, persons: bool, as_json: bool) -> None:
    """Print one entry, with its payload."""
    reader = reader_of(ledger, key)
    entry = reader.entry(index)
    if raw:
        click.echo(entry, nl=False)
        return
    document, people = reader.document(entry), named(ledger, persons)
    if people is not None:
        document = people.show(document)
    click.echo(json.dumps(document, indent=None if as_json else 2, ensure_ascii=False))


@click.command()
@ledger_option
@key_option
@wanted_options
@click.option("--limit", type=click.IntRange(1), help="Stop after this many.")
@index_option
@persons_option
@json_option
def query(
    ledger: Path,
    key: Path | None,
    limit: int | None,
    without_index: bool,
    persons: bool,
    as_json: bool,
    **wanted: str | None,
) -> None:
    """List entries by kind, actor, subject, stack, model, digest or time.

    The index beside the ledger is brought up to date first; what it finds is read from the ledger and judged again.
    """
    asked, people = query_of(wanted, ledger), named(ledger, persons)
    with finder(reader_of(ledger, key), without_index) as find:
        for index, found in islice(find(asked), limit):
            click.echo(line_of(index, found, as_json, people))


@click.command()
@ledger_option
@key_option
@wanted_options
@click.option("-n", "--lines", "count", type=click.IntRange(0), default=10, show_default=True, help="The last so many.")
@click.option("-f", "--follow", is_flag=True, help="Go on as entries are published, until interrupted.")
@index_option
@persons_option
@json_option
def tail(
    ledger: Path,
    key: Path | None,
    count: int,
    follow: bool,
    without_index: bool,
    persons: bool,
    as_json: bool,
    **wanted: str | None,
) -> None:
    """Print the last entries, and with --follow those that come."""
    from headgate.audit.address import address_of
    from headgate.audit.query import describe

    asked, people = query_of(wanted, ledger), named(ledger, persons)
    reader = reader_of(ledger, key)
    with finder(reader, without_index) as find:
        for index, found in reversed(list(islice(find(asked, newest_first=True), count))):
            click.echo(line_of(index, found, as_json, people))
    seen, pause = reader.checkpoint.size, _POLL_BLOBS if address_of(ledger) else _POLL
    while follow:
        sys.stdout.flush()
        time.sleep(pause)
        reader = reader_of(ledger, verifier=reader.verifier)
        for index in range(seen, reader.checkpoint.size):
            found = describe(reader, reader.entry(index))
            if asked.matches(found):
                click.echo(line_of(index, found, as_json, people))
        seen = max(seen, reader.checkpoint.size)
