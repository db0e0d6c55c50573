"""The collector's HTTP interface: who may post, what each path takes, and which status means what.

200 means durable. 400 names what is wrong with the body and nothing of it was kept; 401 a missing or wrong token; 403
one that may only read; 413 a body over the limit; 503 that nothing was kept, and to try again.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from headgate.audit.canonical import parse
from headgate.audit.collector.alertmanager import envelopes_of_call
from headgate.audit.collector.committer import Committer
from headgate.audit.collector.kept import kept
from headgate.audit.collector.kubernetes import entries_of_events
from headgate.audit.collector.opa import entry_of_decision, is_decision
from headgate.audit.collector.reading import Reading
from headgate.audit.collector.tail import Tail
from headgate.audit.durable import OWNER_ONLY
from headgate.audit.entry import Kind, envelope
from headgate.errors import HeadgateError

LIVE, READY = "/healthz", "/readyz"
LARGEST_BODY = 16 * 1024 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(
    committer: Committer, token: str, read_token: str | None = None, logs: Tail | None = None
) -> web.Application:
    """Return the application around a committer; who has the reading token only may read."""
    routes, reading = Routes(committer, logs), Reading(committer.place)
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_errors, _authenticated(token, read_token)])
    app.add_routes(
        [
            web.get(LIVE, routes.health),
            web.get(READY, routes.ready),
            web.get("/metrics", routes.metrics),
            web.post("/v1/entries", routes.entries),
            web.post("/v1/opa", routes.opa),
            # OPA appends /logs to its service's URL.
            web.post("/v1/opa/logs", routes.opa),
            web.post("/v1/kubernetes/{cluster}", routes.kubernetes),
            web.post("/v1/alertmanager", routes.alertmanager),
            web.post("/v1/alertmanager/{stack}", routes.alertmanager),
            *reading.routes(),
        ]
    )
    app.on_cleanup.append(reading.close)
    return app


def _authenticated(token: str, read_token: str | None) -> Any:
    """Return the middleware that asks for a bearer token of all but who looks whether the collector is well."""
    writing = f"Bearer {token}".encode()
    reading = f"Bearer {read_token}".encode() if read_token else writing

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Compare without telling by time how much of a token was right."""
        given = request.headers.get("authorization", "").encode()
        may_write = hmac.compare_digest(given, writing)
        may_read = may_write or hmac.compare_digest(given, reading)
        if request.path in {LIVE, READY} or may_write:
            return await handler(request)
        if not may_read:
            return _refusal(401, "the bearer token is missing or wrong")
        if request.method == "GET" or request.path == "/v1/growth":
            return await handler(request)
        return _refusal(403, "this token may only read")

    return check


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what can go wrong into a status and a reason."""
    try:
        return await handler(request)
    except ValueError as error:
        return _refusal(400, str(error))
    except asyncio.QueueFull:
        return _refusal(503, "too many requests wait for the disk")
    except (HeadgateError, OSError) as error:
        return _refusal(503, str(error).splitlines()[0])


def _refusal(status: int, reason: str) -> web.Response:
    """Return a refusal with its reason."""
    headers = {"retry-after": "1"} if status == 503 else None
    return web.json_response({"error": reason}, status=status, headers=headers)


class Routes:
    """One method per path."""

    def __init__(self, committer: Committer, logs: Tail | None) -> None:
        """Take the ledger's writer, and who reads API servers' logs."""
        self._committer, self._logs = committer, logs

    async def health(self, _: web.Request) -> web.Response:
        """Answer while the process is alive, whatever its disk does: a restart would make no room."""
        return web.json_response({"status": "ok", **self._counts()})

    async def ready(self, _: web.Request) -> web.Response:
        """Answer 200 while entries can be kept, else 503 with the cause."""
        cause = await self._committer.refusal()
        if not cause:
            return web.json_response({"status": "ready", **self._counts()})
        told = {"status": "not ready", "error": f"the ledger takes no entries: {cause}", **self._counts()}
        return web.json_response(told, status=503, headers={"retry-after": "1"})

    def _counts(self) -> dict[str, int]:
        return {"size": self._committer.size, "published": self._committer.published}

    async def metrics(self, _: web.Request) -> web.Response:
        """Tell Prometheus how far the ledger has come."""
        rows = (
            ("entries", "Entries that are durable.", self._committer.size),
            ("published", "Entries that the newest checkpoint covers.", self._committer.published),
            (
                "withheld",
                "Entries that are without their payload, which could not be masked.",
                self._committer.withheld,
            ),
        )
        text = "".join(
            f"# HELP headgate_ledger_{name}_total {words}\n# TYPE headgate_ledger_{name}_total counter\n"
            f"headgate_ledger_{name}_total {value}\n"
            for name, words, value in rows
        )
        text += (
            "# HELP headgate_ledger_alerts_total Entries that say that something went past the gates.\n"
            "# TYPE headgate_ledger_alerts_total counter\n"
        )
        text += "".join(
            f'headgate_ledger_alerts_total{{alarm="{name}"}} {count}\n'
            for name, count in self._committer.alarms.items()
        )
        text += self._logs.metrics() if self._logs else ""
        return web.Response(text=text, headers={"content-type": "text/plain; version=0.0.4; charset=utf-8"})

    async def entries(self, request: web.Request) -> web.Response:
        """Take one entry, an array of them, or JSON lines."""
        body = await request.read()
        return await self._keep([envelope(one, "collector")[0] for one in _documents(body)], len(body))

    async def opa(self, request: web.Request) -> web.Response:
        """Take a batch of OPA's decision log."""
        body = await request.read()
        batch = parse(body)
        if not isinstance(batch, list):
            raise ValueError("a decision log batch is an array of events")
        if not all(map(is_decision, batch)):
            raise ValueError("a decision log event is an object with `decision_id`")
        found = kept(batch, lambda event: [entry_of_decision(event)], Kind.DECISION, "opa", "decision_id")
        return await self._keep(found, len(body))

    async def kubernetes(self, request: web.Request) -> web.Response:
        """Take an API server's audit events; those that do not concern policy are answered for, not kept."""
        body = await request.read()
        return await self._keep(entries_of_events(request.match_info["cluster"], parse(body)), len(body))

    async def alertmanager(self, request: web.Request) -> web.Response:
        """Take a call of Alertmanager's webhook, about a stack where the path names one."""
        body = await request.read()
        return await self._keep(envelopes_of_call(parse(body), request.match_info.get("stack", "")), len(body))

    async def _keep(self, documents: Sequence[dict[str, Any]], size: int) -> web.Response:
        """Answer when the documents, that came with so many bytes, are durable."""
        indexes = await self._committer.submit(documents, size) if documents else range(0)
        return web.json_response({"first": indexes.start, "count": len(indexes)})


def _documents(body: bytes) -> list[Any]:
    """Return the entries of a body: a JSON document, or one a line; ValueError names the line."""
    if not body.strip():
        raise ValueError("the body is empty")
    if body.lstrip()[:1] == b"[":
        found = parse(body)
        return found if isinstance(found, list) else [found]
    try:
        return [parse(body)]
    except ValueError:
        pass  # more than one line, or one that is wrong: reported with its number below
    documents = []
    for number, line in enumerate(body.splitlines(), 1):
        if line.strip():
            try:
                documents.append(parse(line))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from error
    return documents


def write_address(path: Path, address: str, token_file: Path, ca: Path | None) -> None:
    """Write down, whole or not at all, where the collector listens, for gates that find the ledger locked."""
    document = {"address": address, "token_file": str(token_file), "pid": os.getpid()}
    if ca is not None:
        document["ca"] = str(ca)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.touch(mode=OWNER_ONLY)
    fresh.write_text(json.dumps(document))
    fresh.replace(path)
