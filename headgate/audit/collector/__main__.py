"""The collector as a process of its own: `headgate audit serve` without the rest of the command line."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from headgate.audit.collector.serve import Settings, serve
from headgate.audit.collector.tls import serving
from headgate.audit.place import place_of
from headgate.errors import HeadgateError


@click.command()
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="The ledger's folder.")
@click.option("--bind-address", default="127.0.0.1", help="Address; beyond loopback with a certificate only.")
@click.option("--port", type=int, default=0, help="Port; 0 chooses a free one.")
@click.option("--token-file", type=click.Path(path_type=Path), required=True, help="File with the bearer token.")
@click.option("--read-token-file", type=click.Path(path_type=Path), help="File with a token that may only read.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Certificate to serve with; without it, plain HTTP.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Its key.")
@click.option("--tls-ca", type=click.Path(path_type=Path), help="What gates verify it by, if not the system's CAs.")
@click.option("--audit-logs", type=click.Path(path_type=Path), help="Folder of audit logs: CLUSTER/audit.log.")
def main(
    ledger: Path,
    bind_address: str,
    port: int,
    token_file: Path,
    read_token_file: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_ca: Path | None,
    audit_logs: Path | None,
) -> None:
    """Collect entries over HTTPS into a ledger, and what API servers of this machine write into their audit logs.

    API servers that call a webhook send no credentials over plain HTTP, so theirs arrive with a certificate only.
    """
    try:
        tls = serving(tls_cert, tls_key, tls_ca)
        asyncio.run(serve(Settings(place_of(ledger), port, token_file, read_token_file, tls, audit_logs, bind_address)))
    except HeadgateError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(int(error.exit_code))


if __name__ == "__main__":
    main()
