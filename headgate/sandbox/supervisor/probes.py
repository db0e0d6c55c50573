"""Asks a process whether it is ready: a GET over TCP, TLS or a unix socket, or a plain connection."""

from __future__ import annotations

import asyncio
import ssl
from enum import StrEnum
from functools import cache
from urllib.parse import SplitResult, urlsplit

from headgate.sandbox.process import HttpProbe, Probe, TcpProbe

TIMEOUT = 5.0


class Answer(StrEnum):
    """What a probe heard. Only silence means that a process may hang: a refusal is an answer."""

    READY = "ready"
    NOT_READY = "not ready"
    SILENT = "silent"


async def ask(probe: Probe, timeout: float = TIMEOUT) -> Answer:
    """Ask once; a connection that is refused or breaks is an answer, one that nobody serves in time is none."""
    try:
        async with asyncio.timeout(timeout):
            ready = await (_connects(probe) if isinstance(probe, TcpProbe) else _gets(probe))
    except TimeoutError:
        return Answer.SILENT
    except (OSError, ValueError, EOFError):
        return Answer.NOT_READY
    return Answer.READY if ready else Answer.NOT_READY


async def _connects(probe: TcpProbe) -> bool:
    """Open and close a connection."""
    host, _, port = probe.address.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()
    return True


async def _gets(probe: HttpProbe) -> bool:
    """Send a GET and compare the status; `status=0` takes 200 to 399, as a kubelet does."""
    url = urlsplit(probe.url)
    reader, writer = await _open(probe, url)
    try:
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        status = int((await reader.readline()).split()[1])
    except IndexError:
        return False
    finally:
        writer.close()
    return 200 <= status < 400 if probe.status == 0 else status == probe.status


async def _open(probe: HttpProbe, url: SplitResult) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect the way that the probe says."""
    if probe.socket:
        return await asyncio.open_unix_connection(probe.socket)
    if url.scheme == "https":
        return await asyncio.open_connection(url.hostname, url.port or 443, ssl=_context(probe.ca))
    return await asyncio.open_connection(url.hostname, url.port or 80)


@cache
def _context(ca: str | None) -> ssl.SSLContext:
    """Return a context that verifies against `ca`, or one that, like a kubelet's probes, does not verify.

    Kept, because making one costs more than the probe, and the sandbox's CA lives longer than its supervisor.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca:
        context.load_verify_locations(ca)
        return context
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
