"""`headgate audit`: append to a ledger, search it, prove and verify it. Its commands have files of their own."""

from __future__ import annotations

import click

from headgate.cli.audit_append import append
from headgate.cli.audit_consume import consume
from headgate.cli.audit_export import export, rebuild
from headgate.cli.audit_persons import persons
from headgate.cli.audit_proof import prove, verify
from headgate.cli.audit_read import query, show, tail
from headgate.cli.audit_report import report
from headgate.cli.audit_rotate import rotate_key
from headgate.cli.audit_serve import drain, serve
from headgate.cli.audit_stream import stream
from headgate.cli.audit_updates import updates
from headgate.cli.audit_witness import cosign, witness


@click.group()
def audit() -> None:
    """Append to the ledger, search it, prove and verify it."""


for command in (
    append,
    query,
    show,
    tail,
    prove,
    verify,
    export,
    rebuild,
    report,
    rotate_key,
    serve,
    drain,
    stream,
    consume,
    cosign,
    witness,
    persons,
    updates,
):
    audit.add_command(command)
