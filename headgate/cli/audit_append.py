"""`headgate audit append`: the lines of a file as entries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO

import click

from headgate.cli.audit_options import json_option, ledger_option


@click.command()
@ledger_option
@click.option("--file", "file", type=click.File("rb"), required=True, help="JSON lines; `-` reads standard input.")
@click.option("--origin", help="Name of a new ledger, such as example.com/ledger.")
@click.option("--strict", is_flag=True, help="Refuse objects that are no entries instead of wrapping them.")
@click.option("--wait", type=float, default=5.0, show_default=True, help="Seconds to wait for another writer.")
@json_option
def append(ledger: Path, file: IO[bytes], origin: str | None, strict: bool, wait: float, as_json: bool) -> None:
    """Append every line of a file, durably, or none of it.

    Where a collector holds the ledger, it is sent there. A ledger may also be in Azure Blob Storage.
    """
    from headgate.audit.address import address_of
    from headgate.audit.blob_ledger import open_ledger
    from headgate.audit.lines import append_lines, send_lines
    from headgate.audit.place import published, read
    from headgate.audit.record import collector_holding
    from headgate.audit.writer import Ledger

    blobs, collector = address_of(ledger), collector_holding(ledger)
    if collector is not None:
        size = read(ledger).checkpoint.size
        done = send_lines(collector.send, size, file, file.name, is_strict=strict)
        checkpoint = published(ledger, done.last + 1)
    elif blobs is not None:
        with open_ledger(blobs, origin) as remote:
            done = append_lines(remote, file, file.name, is_strict=strict)
            checkpoint = remote.publish()
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
