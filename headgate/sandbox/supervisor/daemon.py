"""The supervisor's control API, and its life from lock to last child.

Owns the socket, the lock and the order of shutdown. The API's calls are documented in docs/architecture.md.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.process import ENDS_LAST, ProcessSpec, RegionSpec
from headgate.sandbox.supervisor.desired import Desired
from headgate.sandbox.supervisor.logfiles import cut
from headgate.sandbox.supervisor.processes import Processes
from headgate.sandbox.supervisor.regions import Regions

LOG = logging.getLogger(__name__)
LOG_CUT_INTERVAL = 15.0
LONGEST_WAIT = 300.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Supervisor:
    """One daemon: processes, regions and the API to them."""

    def __init__(self, state: StateDir) -> None:
        self._state = state
        self._desired = Desired(state.supervisor / "desired.json")
        self._version = 0
        self._turned = asyncio.Event()
        self._processes = Processes(state, self._changed)
        self._regions = Regions(state, self._processes, self._desired, self._changed)
        self._ended = asyncio.Event()
        self._stopping: asyncio.Task[None] | None = None

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Serve until told to end; every child has ended when this returns."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._begin_shutdown)
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        socket = self._state.supervisor_socket
        socket.unlink(missing_ok=True)
        await web.UnixSite(runner, str(socket)).start()
        socket.chmod(0o600)
        await self._resume()
        on_ready()
        cutting = asyncio.create_task(self._cut_logs())
        await self._ended.wait()
        cutting.cancel()
        await runner.cleanup()
        socket.unlink(missing_ok=True)

    async def _resume(self) -> None:
        """Begin everything that was wanted when the last supervisor ended."""
        for spec in self._desired.processes.values():
            await self._processes.ensure(spec, wait=0)
        for region in self._desired.regions.values():
            self._regions.begin(region)

    def _begin_shutdown(self) -> asyncio.Task[None]:
        """Start to end, once."""
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._shut_down())
        return self._stopping

    async def _shut_down(self) -> None:
        """End all regions and processes side by side, each region from its top to etcd; last, what they write to."""
        kept = {*self._desired.regions, ENDS_LAST}
        others = [status.name for status in self._processes.statuses() if status.group not in kept]
        try:
            await asyncio.gather(self._regions.stop_all(), self._processes.stop_all(others))
            await self._processes.stop_all(self._processes.names())
        finally:
            self._ended.set()

    def _changed(self) -> None:
        """Count a change of state, and wake those who wait for one."""
        self._version += 1
        self._turned.set()
        self._turned = asyncio.Event()

    async def _cut_logs(self) -> None:
        """Keep logs under their cap, for as long as the daemon lives."""
        while True:
            await asyncio.sleep(LOG_CUT_INTERVAL)
            self._processes.cut_logs()
            cut(self._state.logs / "supervisor.log")

    def _application(self) -> web.Application:
        """Return the API's routes."""
        application = web.Application(middlewares=[errors_as_json], client_max_size=4 * 1024 * 1024)
        application.add_routes(
            [
                web.get("/healthz", self._get_health),
                web.get("/processes", self._get_processes),
                web.put("/processes/{name}", self._put_process),
                web.delete("/processes/{name}", self._delete_process),
                web.post("/ports/{name}", self._post_ports),
                web.get("/regions", self._get_regions),
                web.put("/regions/{cluster}", self._put_region),
                web.delete("/regions/{cluster}", self._delete_region),
                web.get("/changes", self._get_changes),
                web.post("/shutdown", self._post_shutdown),
            ]
        )
        return application

    async def _get_health(self, request: web.Request) -> web.Response:
        return web.json_response({"version": self._version})

    async def _get_processes(self, request: web.Request) -> web.Response:
        statuses = self._processes.statuses(request.query.get("group"))
        return web.json_response({"processes": [status.as_json() for status in statuses]})

    async def _put_process(self, request: web.Request) -> web.Response:
        self._refuse_when_stopping()
        spec = ProcessSpec.from_json(await request.json())
        self._desired.put_process(spec)
        status = await self._processes.ensure(spec, min(LONGEST_WAIT, float(request.query.get("wait", "30"))))
        return web.json_response(status.as_json())

    async def _delete_process(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self._desired.drop_processes([name])
        await self._processes.stop(name)
        return web.json_response({})

    async def _post_ports(self, request: web.Request) -> web.Response:
        names = (await request.json())["names"]
        held = self._processes.reserve(request.match_info["name"], names)
        return web.json_response({"ports": {name: held[name] for name in names}})

    async def _get_regions(self, request: web.Request) -> web.Response:
        return web.json_response({"regions": [status.as_json() for status in self._regions.statuses()]})

    async def _put_region(self, request: web.Request) -> web.Response:
        self._refuse_when_stopping()
        endpoints = await self._regions.ensure(RegionSpec.from_json(await request.json()))
        return web.json_response(endpoints.as_json())

    async def _delete_region(self, request: web.Request) -> web.Response:
        await self._regions.delete(request.match_info["cluster"])
        return web.json_response({})

    async def _get_changes(self, request: web.Request) -> web.Response:
        """Answer when something has changed since `since`, or after `timeout` seconds."""
        try:
            async with asyncio.timeout(min(60.0, float(request.query.get("timeout", "30")))):
                while self._version <= int(request.query.get("since", "0")) and not self._stopping:
                    await self._turned.wait()
        except TimeoutError:
            pass
        return web.json_response({"version": self._version})

    async def _post_shutdown(self, request: web.Request) -> web.Response:
        await asyncio.shield(self._begin_shutdown())
        return web.json_response({})

    def _refuse_when_stopping(self) -> None:
        """Start nothing that the shutdown under way would leave behind."""
        if self._stopping is not None:
            raise HeadgateError("the sandbox is being stopped", fix="wait until it has, then headgate sandbox up")


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer errors in the form that `Control` raises again."""
    try:
        return await handler(request)
    except HeadgateError as error:
        return web.json_response(error.as_json(), status=409)
    except web.HTTPException as error:
        return answer(error.status, f"{request.method} {request.path}: {error.reason}")
    except (KeyError, TypeError, ValueError, json.JSONDecodeError) as error:
        LOG.exception("%s %s", request.method, request.path)
        return answer(400, f"{request.method} {request.path}: {type(error).__name__}: {error}")


def answer(status: int, what: str) -> web.Response:
    """Return an error that only a programmer can act on."""
    document: dict[str, Any] = HeadgateError(what, fix="headgate sandbox logs supervisor").as_json()
    return web.json_response(document, status=status)
