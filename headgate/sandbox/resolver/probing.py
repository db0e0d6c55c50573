"""Probes of a profile's endpoints: HTTPS with the host's name, certificate not verified, as Traffic Manager does it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

from headgate.sandbox import network
from headgate.sandbox.layout import StateDir
from headgate.sandbox.resolver.profile import Endpoint, Monitor

_MAX_LINE = 1024


async def probe(state: StateDir, endpoint: Endpoint, monitor: Monitor) -> bool:
    """Say whether an endpoint answers 200 in time; a name that leads nowhere does not."""
    try:
        async with asyncio.timeout(monitor.timeout):
            return await _status(state, endpoint, monitor) == 200
    except (OSError, TimeoutError, ValueError):
        return False


async def _status(state: StateDir, endpoint: Endpoint, monitor: Monitor) -> int:
    address = network.resolve(state, endpoint.target, monitor.port)
    if address is None:
        raise OSError(f"{endpoint.target} is not in the network map")
    reader, writer = await asyncio.open_connection(*address, ssl=_context(), server_hostname=monitor.host)
    try:
        request = f"GET {monitor.path} HTTP/1.1\r\nHost: {monitor.host}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode("ascii"))
        await writer.drain()
        line = (await reader.readline())[:_MAX_LINE].decode("ascii", errors="replace")
        return int(line.split(" ", 2)[1]) if line.startswith("HTTP/") else 0
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
