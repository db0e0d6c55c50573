"""The relay: one listener for a profile's name, each connection sent on to where DNS would lead it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from pathlib import Path

from headgate.sandbox import network
from headgate.sandbox.files import write_if_changed
from headgate.sandbox.layout import StateDir
from headgate.sandbox.resolver.probing import probe
from headgate.sandbox.resolver.profile import Endpoint, Health, Profile, Streak, choose, status

LOG = logging.getLogger(__name__)
_CHUNK = 64 * 1024
_WATCH_SECONDS = 0.5


class Relay:
    """One profile: its probes, its answers, its connections."""

    def __init__(self, state: StateDir, path: Path) -> None:
        self._state = state
        self._path = path
        self._profile = Profile.read(path)
        self._streaks: dict[str, Streak] = {}
        self._answer: tuple[float, Endpoint | None] = (0.0, None)

    @property
    def health(self) -> dict[str, Health]:
        """Return what is known of each endpoint."""
        return {name: streak.health for name, streak in self._streaks.items()}

    async def run(self, port: int) -> None:
        """Listen, probe and follow the profile's file, until cancelled."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        async with server, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(server.serve_forever())

    async def _follow(self) -> None:
        """Keep one prober for each enabled endpoint of the profile as it is now."""
        while True:
            self._profile = Profile.read(self._path)
            self._answer = (0.0, None)
            seen = self._path.stat().st_mtime_ns
            self._streaks = {
                each.name: self._streaks.get(each.name, Streak()) for each in self._profile.endpoints if each.enabled
            }
            self._tell()
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(self._watch(each)) for each in self._profile.endpoints if each.enabled]
                while self._path.stat().st_mtime_ns == seen:
                    await asyncio.sleep(_WATCH_SECONDS)
                for task in running:
                    task.cancel()

    async def _watch(self, endpoint: Endpoint) -> None:
        """Probe one endpoint at its interval."""
        monitor = self._profile.monitor
        while True:
            good = await probe(self._state, endpoint, monitor)
            streak = self._streaks.setdefault(endpoint.name, Streak())
            before = streak.health
            streak.see(good, monitor.tolerated)
            if streak.health is not before:
                LOG.warning("%s: %s is %s", self._profile.name, endpoint.name, streak.health)
                self._tell()
            await asyncio.sleep(monitor.interval)

    def _tell(self) -> None:
        """Write what is known beside the profile's file."""
        document = json.dumps(status(self._profile, self.health), indent=1) + "\n"
        write_if_changed(self._path.with_suffix(".status.json"), document)

    def _resolve(self) -> Endpoint | None:
        """Return the answer of this moment; a caller's resolver keeps one for its time to live."""
        now = asyncio.get_running_loop().time()
        kept_until, answer = self._answer
        if answer is None or now >= kept_until:
            answer = choose(self._profile, self.health, random.random())  # noqa: S311  a share of traffic, no secret
            self._answer = (now + self._profile.ttl, answer)
        return answer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        try:
            endpoint = self._resolve()
            address = network.resolve(self._state, endpoint.target, 443) if endpoint else None
            if address is not None:
                there, back = await asyncio.open_connection(*address)
                await asyncio.gather(_carry(reader, back), _carry(there, writer))
        except OSError as error:
            LOG.info("%s: %s", self._profile.name, error)
        finally:
            await _close(writer)


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Copy one direction until it ends."""
    with contextlib.suppress(OSError):
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
    await _close(sink)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
