"""A witness over HTTP, on loopback; what carries it further, and its certificate, is a proxy's."""

from __future__ import annotations

import asyncio
import signal

import click
from aiohttp import web

from headgate.audit.witness import Witness
from headgate.errors import HeadgateError

_LARGEST = 64 * 1024
_SIZE = "text/x.tlog.size"


def application(witness: Witness) -> web.Application:
    """Return the application around a witness."""

    async def add(request: web.Request) -> web.Response:
        """Judge one checkpoint; one at a time, since nothing is awaited in between."""
        reply = witness.add((await request.read()).decode(errors="replace"))
        kind = _SIZE if reply.status == 409 else "text/plain"
        return web.Response(status=reply.status, text=reply.body, content_type=kind)

    app = web.Application(client_max_size=_LARGEST)
    app.add_routes([web.post("/add-checkpoint", add)])
    return app


async def serve(witness: Witness, port: int) -> None:
    """Answer until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(application(witness), access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except OSError as error:
            raise HeadgateError(
                "the witness can't listen", where=f"127.0.0.1:{port}", found=error.strerror, fix="choose another --port"
            ) from error
        click.echo(f"witnessing as {witness.signer.public} on http://127.0.0.1:{runner.addresses[0][1]}")
        await stop.wait()
    finally:
        await runner.cleanup()
