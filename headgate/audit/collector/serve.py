"""Runs the collector until it is told to stop, on loopback only. Owns its ledger, port, tokens and certificate."""

from __future__ import annotations

import asyncio
import secrets
import signal
import ssl
from dataclasses import dataclass
from pathlib import Path

import click
from aiohttp import web

from headgate.audit.collector.app import application, write_address
from headgate.audit.collector.committer import Committer
from headgate.audit.collector.tail import Tail
from headgate.audit.collector.tls import Serving
from headgate.audit.durable import OWNER_ONLY, make_folder
from headgate.audit.place import Place
from headgate.audit.record import COLLECTOR
from headgate.errors import HeadgateError

_SHORTEST_TOKEN = 16


@dataclass(frozen=True)
class Settings:
    """What a collector is started with. Without `read_token` there is one token, which may do everything."""

    place: Place
    port: int
    token: Path
    read_token: Path | None = None
    tls: Serving | None = None
    logs: Path | None = None
    """Folder of API servers' audit logs, `CLUSTER/audit.log`, which are followed."""


def make_token(path: Path) -> Path:
    """Write a token of random characters for its owner alone, unless there is one."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=OWNER_ONLY)
        path.write_text(secrets.token_urlsafe(32) + "\n")
    return path


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


async def serve(settings: Settings) -> None:
    """Serve until told to stop, then make everything durable."""
    make_folder(settings.place.folder)
    with settings.place.served():
        await _serve(settings)


async def _serve(settings: Settings) -> None:
    tls, place = settings.tls, settings.place
    context = tls.context() if tls else None
    committer = Committer(place)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    read_token = _token(settings.read_token) if settings.read_token else None
    tail = Tail(settings.logs, committer) if settings.logs else None
    runner = web.AppRunner(application(committer, _token(settings.token), read_token, tail), access_log=None)
    work = [asyncio.create_task(one.run()) for one in (committer, tail) if one is not None]
    for one in work:
        # A writer that ended must not leave an endpoint behind that answers health checks.
        one.add_done_callback(lambda _: stop.set())
    try:
        await runner.setup()
        await _listen(runner, settings.port, context)
        address = f"{'https' if context else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
        write_address(place.folder / COLLECTOR, address, settings.token.resolve(), tls.ca if tls else None)
        click.echo(f"collecting into {place} on {address}")
        await stop.wait()
    finally:
        (place.folder / COLLECTOR).unlink(missing_ok=True)
        await runner.cleanup()
        ended = [await _ended(one) for one in reversed(work)]
        if tail:
            tail.close()
        committer.close()
    if failure := next((one for one in ended if one), None):
        raise failure


async def _ended(work: asyncio.Task[None]) -> BaseException | None:
    """End what is at work, and return what it failed by, if it had."""
    work.cancel()
    (result,) = await asyncio.gather(work, return_exceptions=True)
    return None if isinstance(result, asyncio.CancelledError) else result


async def _listen(runner: web.AppRunner, port: int, context: ssl.SSLContext | None) -> None:
    """Listen on loopback, or say that the port is taken."""
    try:
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    except OSError as error:
        raise HeadgateError(
            "the collector can't listen", where=f"127.0.0.1:{port}", found=error.strerror, fix="choose another --port"
        ) from error
