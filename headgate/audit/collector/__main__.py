"""Runs the collector until SIGTERM, on loopback only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import click
from aiohttp import web

from headgate.audit.collector.app import application, write_address
from headgate.audit.collector.committer import Committer
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


async def _serve(ledger: Path, port: int, token_file: Path) -> None:
    """Serve until told to stop, then make everything durable."""
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
        await _listen(runner, port)
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        write_address(ledger / COLLECTOR, address, str(token_file.resolve()), os.getpid())
        click.echo(f"collecting into {ledger} on {address}")
        await stop.wait()
    finally:
        (ledger / COLLECTOR).unlink(missing_ok=True)
        await runner.cleanup()
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
        committer.close()


async def _listen(runner: web.AppRunner, port: int) -> None:
    """Listen on loopback, or say that the port is taken."""
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
    except OSError as error:
        raise HeadgateError(
            "the collector can't listen", where=f"127.0.0.1:{port}", found=error.strerror, fix="choose another --port"
        ) from error


@click.command()
@click.option("--ledger", type=click.Path(path_type=Path), required=True, help="The ledger's folder.")
@click.option("--port", type=int, default=0, help="Port on loopback; 0 chooses a free one.")
@click.option("--token-file", type=click.Path(path_type=Path), required=True, help="File with the bearer token.")
def main(ledger: Path, port: int, token_file: Path) -> None:
    """Collect entries over HTTP into a ledger."""
    try:
        asyncio.run(_serve(ledger.resolve(), port, token_file))
    except HeadgateError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(int(error.exit_code))


if __name__ == "__main__":
    main()
