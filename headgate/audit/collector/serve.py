"""Runs the collector until it is told to stop. Owns its ledger, address, tokens and certificate.

It listens on loopback, and beyond it with a certificate only: a token in clear would be anybody's.
"""

from __future__ import annotations

import asyncio
import ipaddress
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

LOOPBACK = "127.0.0.1"
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
    host: str = LOOPBACK
    """Address of this machine to listen on."""


def make_token(path: Path) -> Path:
    """Write a token of random characters for its owner alone, unless there is one."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=OWNER_ONLY)
            path.write_text(secrets.token_urlsafe(32) + "\n")
    except OSError as error:
        raise HeadgateError(
            "the collector's token can't be made",
            where=str(path),
            found=error.strerror or str(error),
            expected="a file that you may read, or a folder that you may write it to",
            fix="name another one (--token-file, --read-token-file)",
        ) from error
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
    _require_certificate(settings)
    make_folder(settings.place.folder)
    with settings.place.served():
        await _serve(settings)


def _require_certificate(settings: Settings) -> None:
    """Refuse an address that is none, or that others reach where nobody could tell who listens there."""
    try:
        is_here = ipaddress.ip_address(settings.host).is_loopback
    except ValueError as error:
        raise HeadgateError(
            "the collector can't listen there",
            found=settings.host,
            expected="an IP address of this machine, or 0.0.0.0 for all of them",
        ) from error
    if not is_here and settings.tls is None:
        raise HeadgateError(
            "the collector would be spoken to in clear",
            where=settings.host,
            found="no certificate",
            expected="one, wherever others than this machine reach it: the token would be anybody's",
            fix="add --tls-cert and --tls-key, or leave --bind-address out",
        )


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
    if tls and context:
        work.append(asyncio.create_task(tls.follow(context)))
    for one in work:
        # A writer that ended must not leave an endpoint behind that answers health checks.
        one.add_done_callback(lambda _: stop.set())
    try:
        await runner.setup()
        await _listen(runner, settings, context)
        address = f"{'https' if context else 'http'}://{_reached(settings.host)}:{runner.addresses[0][1]}"
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


def _reached(host: str) -> str:
    """Return by which address this machine itself reaches what listens on one, or on all."""
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        return LOOPBACK
    return f"[{address}]" if address.version == 6 else host


async def _listen(runner: web.AppRunner, settings: Settings, context: ssl.SSLContext | None) -> None:
    """Listen, or say that the port is taken or the address another machine's."""
    try:
        await web.TCPSite(runner, settings.host, settings.port, ssl_context=context).start()
    except OSError as error:
        raise HeadgateError(
            "the collector can't listen",
            where=f"{settings.host}:{settings.port}",
            found=error.strerror,
            fix="choose another --port" if settings.host == LOOPBACK else "choose another --port, or --bind-address",
        ) from error
