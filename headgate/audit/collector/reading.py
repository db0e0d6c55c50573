"""What the collector lets clients read: the log as any tlog-tiles client expects it, entries, searches and proofs.

Owns no truth: all of it is in the ledger, and a client that has the key checks what it is given. Works in a
thread of its own, so that a long search delays no append.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from aiohttp import web

from headgate.audit.index import Index
from headgate.audit.place import Place
from headgate.audit.query import Query
from headgate.audit.reader import LedgerReader, read_tile
from headgate.audit.tiles import Tile

_MOST = 1000
_NAMES = ("kind", "actor", "subject", "stack", "model", "digest", "start", "end")
# Full tiles and bundles never change; of the rest, anything may be newer the next moment.
_FOR_EVER = {"cache-control": "private, max-age=31536000, immutable"}
_NEVER = {"cache-control": "no-store"}
T = TypeVar("T")


class Reading:
    """One method per path."""

    def __init__(self, place: Place) -> None:
        """Take the ledger's place; the first request opens it."""
        self._place = place
        self._thread = ThreadPoolExecutor(1, "reading")
        self._reader: LedgerReader | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the paths."""
        return [
            web.get("/checkpoint", self.checkpoint),
            web.get("/key.pub", self.public_key),
            web.get(r"/{path:tile/.+}", self.tile),
            web.get("/v1/entries", self.search),
            web.get(r"/v1/entries/{number:\d{1,15}}", self.entry),
            web.get(r"/v1/proofs/{number:\d{1,15}}", self.proof),
            web.post("/v1/growth", self.growth),
        ]

    async def close(self, _: web.Application) -> None:
        """End the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def _read(self, work: Callable[[LedgerReader], T]) -> T:
        """Do something with a reader of the current checkpoint, in the thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(self._current()))

    def _current(self) -> LedgerReader:
        """Return a reader of the current checkpoint; what an earlier one holds serves as long as nothing changed."""
        self._reader = self._place.reader(self._reader)
        return self._reader

    async def checkpoint(self, _: web.Request) -> web.Response:
        """Answer with the signed tree head."""
        return web.Response(text=await self._read(lambda reader: reader.note), headers=_NEVER)

    async def public_key(self, _: web.Request) -> web.Response:
        """Answer with the key that the ledger claims. Who knows it already compares; others learn a claim."""
        return web.Response(text=await self._read(lambda reader: f"{reader.verifier}\n"), headers=_NEVER)

    async def tile(self, request: web.Request) -> web.Response:
        """Answer with a tile or an entry bundle."""
        tile = Tile.from_path(request.match_info["path"])
        if tile is None:
            return web.json_response({"error": "no tile has this name"}, status=404)
        try:
            content = await self._read(lambda reader: read_tile(reader.folder, tile))
        except FileNotFoundError:
            return web.json_response({"error": "there is no such tile"}, status=404)
        return web.Response(body=content, content_type="application/octet-stream", headers=_FOR_EVER)

    async def entry(self, request: web.Request) -> web.Response:
        """Answer with an entry's bytes, as they were hashed."""
        number = int(request.match_info["number"])
        found = await self._read(lambda reader: reader.entry(number) if number < reader.checkpoint.size else None)
        return _absent(number) if found is None else web.Response(body=found, content_type="application/json")

    async def proof(self, request: web.Request) -> web.Response:
        """Answer with the proof that an entry is in the ledger."""
        number = int(request.match_info["number"])
        found = await self._read(lambda reader: reader.prove(number) if number < reader.checkpoint.size else None)
        return _absent(number) if found is None else web.Response(text=found, headers=_NEVER)

    async def growth(self, request: web.Request) -> web.Response:
        """Take an earlier checkpoint and answer with the proof that the ledger grew out of it."""
        note = (await request.read()).decode(errors="replace")
        proof = await self._read(lambda reader: reader.prove_growth(note))
        return web.Response(text=proof, content_type="application/json", headers=_NEVER)

    async def search(self, request: web.Request) -> web.Response:
        """Answer with entries by what they name, one a line: the oldest first, or with `order=newest` the newest."""
        asked = dict(request.query)
        limit, is_newest = int(asked.pop("limit", "100")), asked.pop("order", "oldest") == "newest"
        unknown = sorted(set(asked) - set(_NAMES))
        if unknown or not 0 < limit <= _MOST:
            raise ValueError(f"unknown: {', '.join(unknown)}" if unknown else f"`limit` is 1 to {_MOST}")
        query = Query(**asked)
        lines = await self._read(lambda reader: _search(reader, query, limit, is_newest))
        return web.Response(text="".join(lines), content_type="application/jsonl", headers=_NEVER)


def _search(reader: LedgerReader, query: Query, limit: int, is_newest: bool) -> list[str]:
    """Return the entries that are asked for as lines."""
    with Index(reader) as index:
        index.update()
        found = islice(index.find(query, newest_first=is_newest), limit)
        return [_line({"index": number, **one.document}) for number, one in found]


def _line(document: dict[str, Any]) -> str:
    """Return a document as one line."""
    return json.dumps(document, ensure_ascii=False) + "\n"


def _absent(number: int) -> web.Response:
    """Return the answer about an entry that is not there, or in no checkpoint yet."""
    return web.json_response({"error": f"the checkpoint covers no entry {number}"}, status=404)
