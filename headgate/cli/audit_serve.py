"""`headgate audit serve | drain`: the ledger's writer for many clients, and what waited for it."""

from __future__ import annotations

from pathlib import Path

import click

from headgate.cli.audit_options import PATH, ledger_option
from headgate.errors import HeadgateError


@click.command()
@ledger_option
@click.option(
    "--bind-address",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; beyond loopback with a certificate only.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; 0 chooses a free one.")
@click.option("--token-file", type=PATH, help="File with the token that may write; made where there is none.")
@click.option("--read-token-file", type=PATH, help="File with a token that may only read; made where there is none.")
@click.option("--tls-cert", type=PATH, help="Certificate to serve with; without it, plain HTTP.")
@click.option("--tls-key", type=PATH, help="Its key.")
@click.option("--tls-ca", type=PATH, help="What clients verify it by, if not the system's CAs.")
def serve(
    ledger: Path,
    bind_address: str,
    port: int,
    token_file: Path | None,
    read_token_file: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_ca: Path | None,
) -> None:
    """Write the ledger for many clients, and let them read it, until interrupted.

    Gates on this machine find it by themselves, through the ledger's folder. A renewed certificate is served from the
    moment that its files are there.
    """
    import asyncio

    from headgate.audit.collector.serve import Settings, make_token
    from headgate.audit.collector.serve import serve as run
    from headgate.audit.collector.tls import serving
    from headgate.audit.durable import make_folder
    from headgate.audit.place import place_of

    place = place_of(ledger)
    make_folder(place.folder)
    token = make_token(token_file or place.folder / "token")
    read_token = make_token(read_token_file) if read_token_file else None
    tls = serving(tls_cert, tls_key, tls_ca)
    asyncio.run(run(Settings(place, port, token, read_token, tls, host=bind_address)))


@click.command()
@ledger_option
@click.option("--spool", type=PATH, envvar="HEADGATE_LEDGER_SPOOL", help="Folder in which entries wait.")
def drain(ledger: Path, spool: Path | None) -> None:
    """Send what waits in a spool to the collector that holds the ledger."""
    from headgate.audit.record import collector_holding
    from headgate.audit.spool import Spool

    if spool is None:
        raise click.UsageError("name the spool with --spool or HEADGATE_LEDGER_SPOOL")
    collector = collector_holding(ledger)
    if collector is None:
        raise HeadgateError(
            "no collector holds the ledger",
            where=str(ledger),
            fix=f"start one: headgate audit serve --ledger {ledger}",
        )
    count = Spool(spool).drain(collector.send)
    click.echo(f"sent {count} requests that waited in {spool}")
