"""Both ends of a data plane's control socket: tests and drills set behaviour, and read what it serves.

A unix socket in the region's directory, for its owner alone: no other user, and no page in a browser, can steer a
region.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web

from headgate.errors import HeadgateError
from headgate.sandbox.dataplane.behaviour import Behaviour, Rule
from headgate.sandbox.dataplane.cluster import Cluster
from headgate.sandbox.dataplane.volumes import Volumes
from headgate.sandbox.layout import StateDir


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """Yield a name of a socket that fits the 107 bytes that the kernel takes, however deep the directory is."""
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def listening_socket(path: Path) -> socket.socket:
    """Return a socket bound at `path`, mode 0600, replacing what a killed process left."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with short_path(path) as name:
        before = os.umask(0o177)
        try:
            made.bind(name)
        finally:
            os.umask(before)
    made.listen(16)
    made.setblocking(False)
    return made


class SteeringApi:
    """The server's end."""

    def __init__(self, behaviour: Behaviour, cluster: Cluster, volumes: Volumes) -> None:
        self._behaviour, self._cluster, self._volumes = behaviour, cluster, volumes

    def application(self) -> web.Application:
        """Return the routes."""
        app = web.Application()
        app.router.add_get("/rules", self._list)
        app.router.add_put("/rules/{name}", self._put)
        app.router.add_delete("/rules", self._clear)
        app.router.add_delete("/rules/{name}", self._clear)
        app.router.add_get("/pods", self._pods)
        return app

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response([rule.as_json() for rule in self._behaviour.rules.values()])

    async def _put(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        try:
            rule = Rule.from_json(name, await request.json())
        except (HeadgateError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        self._behaviour.rules[name] = rule
        return web.json_response(rule.as_json())

    async def _clear(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name")
        for each in [name] if name else list(self._behaviour.rules):
            self._behaviour.rules.pop(each, None)
        return web.json_response({})

    async def _pods(self, request: web.Request) -> web.Response:
        rows = [
            {
                "namespace": pod.namespace,
                "name": pod.name,
                "ready": pod.ready,
                "volumes": pod.state,
                "message": pod.message,
                "models": [model.digest for model in self._volumes.models.get(pod.key, ())],
            }
            for pod in self._cluster.pods.values()
        ]
        return web.json_response(rows)


class Steering:
    """The caller's end, for one region of one sandbox."""

    def __init__(self, state: StateDir, cluster: str) -> None:
        self._socket = state.region(cluster) / "dataplane.sock"

    def set(self, rule: Rule) -> None:
        """Put a rule in force, replacing one of the same name."""
        self._call("PUT", f"/rules/{quote(rule.name, safe='')}", rule.as_json())

    def clear(self, name: str | None = None) -> None:
        """Lift one rule, or all."""
        self._call("DELETE", "/rules" + (f"/{quote(name, safe='')}" if name else ""))

    def rules(self) -> list[Rule]:
        """Return the rules in force."""
        return [Rule.from_json(row["name"], row) for row in self._call("GET", "/rules")]

    def pods(self) -> list[dict[str, Any]]:
        """Return what the data plane knows of its pods."""
        rows: list[dict[str, Any]] = self._call("GET", "/pods")
        return rows

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("localhost", timeout=10)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with short_path(self._socket) as name:
                connection.sock.connect(name)
            connection.request(method, path, json.dumps(body) if body is not None else None)
            response = connection.getresponse()
            document = json.loads(response.read())
        except OSError as error:
            raise HeadgateError(
                "the region's data plane does not answer",
                where=str(self._socket),
                found=str(error),
                fix="`headgate sandbox status` shows whether the region runs",
            ) from error
        finally:
            connection.close()
        if response.status >= 400:
            raise HeadgateError("the data plane refuses", where=path, found=document.get("error"))
        return document
