"""`headgate audit rotate-key`: a new signing key takes over."""

from __future__ import annotations

import json
from pathlib import Path

import click

from headgate.cli.audit_options import json_option, ledger_option


@click.command("rotate-key")
@ledger_option
@click.option("--wait", type=float, default=5.0, show_default=True, help="Seconds to wait for another writer.")
@json_option
def rotate_key(ledger: Path, wait: float, as_json: bool) -> None:
    """Replace the signing key by a new one, in an entry that both sign.

    Who knows the old public key follows the entry to the new one. Stop the collector first: it holds the ledger.
    Of one in Blob Storage, whoever else writes needs the new key's file (HEADGATE_LEDGER_KEY) from then on.
    """
    from headgate.audit.address import address_of
    from headgate.audit.folder import Folder
    from headgate.audit.place import place_of, read

    if address_of(ledger) is None:
        Folder(ledger).require()
    else:
        read(ledger)
    with place_of(ledger).open(wait) as opened:
        rotation = opened.rotate()
    if as_json:
        click.echo(json.dumps({"entry": rotation.index, "old": str(rotation.old), "new": str(rotation.new)}))
        return
    click.echo(f"entry {rotation.index}: key {rotation.new.key_id.hex()} took over from {rotation.old.key_id.hex()}")
    click.echo(f"give the new public key to those who verify: {rotation.new}")
