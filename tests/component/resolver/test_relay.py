"""The resolver that stands for Traffic Manager, over two real gateways: TLS ends in the region that answers."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from headgate.sandbox import network
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority
from headgate.sandbox.resolver.profile import Health
from headgate.sandbox.resolver.relay import Relay

pytestmark = pytest.mark.component

HOST = "models.example.com"
REGIONS = {"uaenorth": "10.64.1.10", "uaecentral": "10.64.2.10"}


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    """Return a state directory with an authority."""
    made = StateDir(tmp_path / "s")
    made.ensure()
    return made


@asynccontextmanager
async def gateway(state: StateDir, region: str) -> AsyncIterator[None]:
    """Serve a region's name over TLS, with the host's certificate, under the address that the network map has."""
    pair = Authority(state).server("gateway", [HOST], state.root / f"pki-{region}")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(region)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + region.encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    network.publish(state, region, {f"{REGIONS[region]}:443": f"127.0.0.1:{port}"})
    try:
        yield
    finally:
        network.withdraw(state, region)
        server.close()
        await server.wait_closed()


def profile(state: StateDir, *drained: str) -> Path:
    """Write a profile over both regions, probed twice a second."""
    endpoints = [
        {"name": name, "target": target, "priority": place, "weight": 1, "enabled": name not in drained}
        for place, (name, target) in enumerate(REGIONS.items(), start=1)
    ]
    monitor = {"path": "/ready", "port": 443, "interval": 0.5, "timeout": 5.0, "tolerated": 0, "host": HOST}
    document = {"name": "tm", "weighted": False, "ttl": 0.0, "monitor": monitor, "endpoints": endpoints}
    path = state.root / "dns-tm.json"
    path.write_text(json.dumps(document))
    return path


async def ask(state: StateDir, port: int) -> str:
    """Ask the public name as a caller does: certificate verified, for that name."""
    context = ssl.create_default_context(cafile=str(Authority(state).ca_cert))
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=HOST)
    writer.write(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.rpartition(b"\r\n\r\n")[2].decode()


async def until(relay: Relay, region: str, health: Health) -> None:
    """Wait until the probes have found an endpoint so."""
    async with asyncio.timeout(20):
        while relay.health.get(region) is not health:
            await asyncio.sleep(0.05)


def test_answers_follow_the_probes_and_the_profile(state: StateDir, unused_port: int) -> None:
    """The first region answers, the second when it is gone or drained; the status tells what the probes find."""

    async def scenario() -> list[str]:
        found = []
        relay = Relay(state, profile(state))
        serving = asyncio.create_task(relay.run(unused_port))
        try:
            async with gateway(state, "uaecentral"):
                async with gateway(state, "uaenorth"):
                    await until(relay, "uaenorth", Health.ONLINE)
                    await until(relay, "uaecentral", Health.ONLINE)
                    found.append(await ask(state, unused_port))
                    profile(state, "uaenorth")
                    async with asyncio.timeout(20):
                        while await ask(state, unused_port) != "uaecentral":
                            await asyncio.sleep(0.05)
                    profile(state)
                    await until(relay, "uaenorth", Health.ONLINE)
                await until(relay, "uaenorth", Health.DEGRADED)
                found.append(await ask(state, unused_port))
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
        return found

    answered = asyncio.run(scenario())
    status = json.loads((state.root / "dns-tm.status.json").read_text())

    assert answered == ["uaenorth", "uaecentral"]
    assert status["endpoints"] == {"uaenorth": "Degraded", "uaecentral": "Online"}


@pytest.fixture
def unused_port() -> int:
    """Return a loopback port that nothing listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
