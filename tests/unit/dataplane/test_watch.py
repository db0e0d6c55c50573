"""A load that is watched: what came so far, what is still open, and its end before its time."""

from __future__ import annotations

import asyncio
import threading

import pytest
from aiohttp import web

from headgate.sandbox.traffic import Load, Watch, send

pytestmark = pytest.mark.unit


def test_a_watched_load_tells_what_is_open_and_ends_when_it_is_told() -> None:
    """A request that hangs keeps what comes after it unsettled; an end is the end of sending, not of answers."""
    watch, let_go, asked = Watch(), asyncio.Event(), threading.Event()
    unsettled: list[bool] = []

    async def answer(_: web.Request) -> web.Response:
        first = not asked.is_set()
        asked.set()
        if first:
            await let_go.wait()
        return web.Response(headers={"x-headgate-region": "uaenorth"})

    async def watched() -> None:
        application = web.Application()
        application.router.add_get("/", answer)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        sending = asyncio.create_task(send(Load(f"http://127.0.0.1:{port}/", 100, 600), None, watch))
        while len(watch.seen()[0]) < 5:
            await asyncio.sleep(0.01)
        unsettled.append(watch.seen()[1] == 0.0 and watch.now() > 0)
        watch.ended.set()
        let_go.set()
        await sending
        await runner.cleanup()

    asyncio.run(asyncio.wait_for(watched(), 20))

    samples, settled = watch.seen()
    assert unsettled == [True]
    assert {(each.good, each.region) for each in samples} == {(True, "uaenorth")}
    assert settled >= max(each.due for each in samples)
