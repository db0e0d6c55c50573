"""`headgate audit persons`: pseudonyms for people in the ledger, and forgetting who they are."""

from __future__ import annotations

import json
from pathlib import Path

import click

from headgate.cli.audit_options import json_option, ledger_option
from headgate.cli.plain import plain


@click.group(short_help="Pseudonyms for people, and forgetting who they are.")
def persons() -> None:
    """Name people by pseudonyms in the ledger, and forget who they are without breaking a proof."""


@persons.command()
@ledger_option
@click.option("--service", "services", multiple=True, help="An actor that is a program, such as `ci`: stays as it is.")
def enable(ledger: Path, services: tuple[str, ...]) -> None:
    """Use pseudonyms from the next entry on; earlier entries stay as they are.

    Identities that begin with `system:`, `headgate:` or `uid:` are programs, and stay as they are, too. Of a ledger in
    Blob Storage the mapping is beside the key that HEADGATE_LEDGER_KEY names: whoever writes needs both.
    """
    from headgate.audit.place import persons_of

    persons_of(ledger).enable(services)
    click.echo(f"from now on, people are named by pseudonyms in {ledger}")


@persons.command("list")
@ledger_option
@json_option
def list_(ledger: Path, as_json: bool) -> None:
    """List the people whom the ledger still knows, with their pseudonyms."""
    from headgate.audit.place import persons_of

    names = persons_of(ledger).names()
    if as_json:
        click.echo(json.dumps(names, indent=2, ensure_ascii=False))
        return
    for pseudonym, name in sorted(names.items(), key=lambda item: item[1]):
        click.echo(plain(f"{pseudonym}  {name}"))


@persons.command()
@ledger_option
@click.argument("name")
def erase(ledger: Path, name: str) -> None:
    """Forget who NAME's pseudonym is, and record that it was forgotten. Every proof stays as it is.

    Backups of `persons/names.json` are not this command's: erase it there, too.
    """
    from headgate.audit import Entry, record
    from headgate.audit.place import persons_of

    pseudonym = persons_of(ledger).erase(name)
    record(ledger, [Entry(kind="erasure", subject=pseudonym, data={"erased": "who the pseudonym is"})])
    click.echo(f"nobody knows any more who {pseudonym} is")
