"""An HTTP proxy on a unix socket and a loopback port: CONNECT, and plain `http://` requests for those who send them.

Owns the protocol. Where a target may lead is `routes`' decision.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from headgate.sandbox.egress.routes import RefusedError
from headgate.sandbox.kube import KubeError
from headgate.sandbox.network import Address, split

LOG = logging.getLogger(__name__)
HEAD_TIMEOUT = 10.0
CONNECT_TIMEOUT = 10.0
HEAD_LIMIT = 64 * 1024
CHUNK = 64 * 1024

Resolve = Callable[[str, int], Address]


class Proxy:
    """Serves connections with one way to resolve targets."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection from its first line to its end."""
        try:
            async with asyncio.timeout(HEAD_TIMEOUT):
                head = await reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            await self._forward(method, target, head, reader, writer)
        except RefusedError as refusal:
            LOG.warning("refused: %s", refusal)
            await answer(writer, refusal.status, str(refusal))
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass
        except (ValueError, asyncio.LimitOverrunError) as error:
            await answer(writer, 400, f"not a proxy request: {error}")
        finally:
            writer.close()

    async def _forward(
        self,
        method: str,
        target: str,
        head: bytes,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Connect to the target's process and join the two connections."""
        tunnel = method == "CONNECT"
        host, port = split(target) if tunnel else http_target(target)
        upstream_reader, upstream = await self._open(host.strip("[]"), port)
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await writer.drain()
            else:
                upstream.write(origin_form(head, target))
            await join((reader, upstream), (upstream_reader, writer))
        finally:
            upstream.close()

    async def _open(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection to the process behind a target."""
        try:
            address = await asyncio.to_thread(self._resolve, host, port)
        except KubeError as error:
            raise RefusedError(503, f"{host}:{port}: the region's API server does not answer: {error}") from error
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                return await asyncio.open_connection(*address)
        except (OSError, TimeoutError) as error:
            where = f"{address[0]}:{address[1]}"
            raise RefusedError(502, f"{host}:{port}: its process at {where} does not answer: {error}") from error


async def join(*directions: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Copy both directions until both have ended."""
    copies = [asyncio.create_task(copy(reader, writer)) for reader, writer in directions]
    try:
        await asyncio.gather(*copies)
    finally:
        for task in copies:
            task.cancel()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction, and pass its end on."""
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except (ConnectionError, RuntimeError):
        writer.close()


async def answer(writer: asyncio.StreamWriter, status: int, text: str) -> None:
    """Refuse with a reason that the caller's error will show: clients print the status line."""
    line = text.replace("\r", " ").replace("\n", " ")
    body = f"{line}\n".encode()
    head = f"HTTP/1.1 {status} {line}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    try:
        writer.write(head.encode("latin-1", "replace") + b"Connection: close\r\n\r\n" + body)
        await writer.drain()
    except ConnectionError:
        return


def http_target(target: str) -> Address:
    """Return host and port of an absolute `http://` request."""
    url = urlsplit(target)
    if url.scheme != "http" or not url.hostname:
        raise ValueError(f"expected CONNECT or an absolute http:// address, got {target[:100]!r}")
    return url.hostname, url.port or 80


def origin_form(head: bytes, target: str) -> bytes:
    """Rewrite the head of an absolute request for its origin, one request a connection."""
    url = urlsplit(target)
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    request, *headers = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, _, version = request.split(b" ", 2)
    hop = (b"connection:", b"proxy-connection:", b"proxy-authorization:")
    kept = [header for header in headers if not header.lower().startswith(hop)]
    lines = [b" ".join((method, path.encode(), version)), *kept, b"Connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n"
