"""Runs the collector until SIGTERM, on loopback only."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
import sys
from pathlib import Path

import click
from aiohttp import web

from headgate.audit.collector.app import application, write_address
from headgate.audit.collector.committer import Committer
from headgate.audit.collector.tls import Serving, serving
from headgate.audit.record import COLLECTOR
from headgate.errors import HeadgateError

_SHORTEST_TOKEN = 16


def _token(path: Path) -> str:
    """Return the bearer token, refusing one that is missing or guessable."""
    try:
        token = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise HeadgateError("the collector's token can't be read", where=str(path), found=str(error)) from error
    if len(token) < _SHORTEST_TOKEN:
        raise HeadgateError(
            "the collector's token is too short",
            where=str(path),
            found=f"{len(token)} characters",
            expected=f"at least {_SHORTEST_TOKEN} random ones",
            fix=f"write `openssl rand -hex 32` into {path}",
        )
    return token


async def _serve(ledger: Path, port: int, token_file: Path, tls: Serving | None) -> None:
    """Serve until told to stop, then make everything durable."""
    context = tls.context() if tls else None
    committer = Committer(ledger)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(application(committer, _token(token_file)), access_log=None)
    work = asyncio.create_task(committer.run())
    # A writer that ended must not leave an endpoint behind that answers health checks.
    work.add_done_callback(lambda _: stop.set())
    try:
        await runner.setup()
        await _listen(runner, port, context)
        address = f"{'https' if context else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
        write_address(ledger / COLLECTOR, address, token_file.resolve(), tls.ca if tls else None)
        click.echo(f"collecting into {ledger} on {address}")
        await stop.wait()
    finally:
        (ledger / COLLECTOR).unlink(missing_ok=True)
        await runner.cleanup()
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
        committer.close()


async def _listen(runner: web.AppRunner, port: int, context: ssl.SSLContext | None) -> None:
    """Listen on loopback, or say that the port is taken."""
    try:
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    except OSError as error:
        raise HeadgateError(
            "the collector can't listen", where=f"127.0.0.1:{port}", found=error.strerror, fix="choose another --port"
        ) from error


@click.command()
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="The ledger's folder.")
@click.option("--port", type=int, default=0, help="Port on loopback; 0 chooses a free one.")
@click.option("--token-file", type=click.Path(path_type=Path), required=True, help="File with the bearer token.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Certificate to serve with; without it, plain HTTP.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Its key.")
@click.option("--tls-ca", type=click.Path(path_type=Path), help="What gates verify it by, if not the system's CAs.")
def main(
    ledger: Path, port: int, token_file: Path, tls_cert: Path | None, tls_key: Path | None, tls_ca: Path | None
) -> None:
    """Collect entries over HTTPS into a ledger.

    API servers send no credentials over plain HTTP, so theirs arrive with a certificate only.
    """
    try:
        asyncio.run(_serve(ledger.resolve(), port, token_file, serving(tls_cert, tls_key, tls_ca)))
    except HeadgateError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(int(error.exit_code))


if __name__ == "__main__":
    main()
