"""A region dies under load: the front door goes on with the other one."""

from __future__ import annotations

import asyncio
import json

import pytest
from running_platform import CHECKOUT, RunningPlatform, eventually

from headgate.sandbox.layout import StateDir
from headgate.sandbox.traffic import Load, run, send

pytestmark = pytest.mark.sandbox

REQUEST = json.loads((CHECKOUT / "examples/models/fraud-score/samples.json").read_text())[1]["request"]


def test_the_other_region_answers_when_one_stops(platform: RunningPlatform) -> None:
    """With the primary region's gateway dead, requests through the same endpoint are answered by the other one."""
    gateway = "aks-sandbox-uaenorth/dataplane"
    endpoint = platform.pulumi("stack", "output", "endpoint", "-s", "platform-sandbox").out.strip()
    url = f"https://{endpoint.removeprefix('https://')}/v2/models/fraud-score/infer"
    pid = platform.kill(gateway)

    answers = run(Load(url, rate=20, seconds=5, body=REQUEST), StateDir(platform.state))

    assert "uaecentral" in answers.regions
    assert answers.success >= 0.9
    eventually(lambda: platform.returned(gateway, pid), "the gateway runs again")


def test_the_autoscaler_follows_the_load(platform: RunningPlatform) -> None:
    """Real requests cost the simulated pods CPU, metrics-server sees it, and the HPA adds pods."""
    endpoint = platform.pulumi("stack", "output", "endpoint", "-s", "platform-sandbox").out.strip()
    url = f"https://{endpoint.removeprefix('https://')}/v2/models/fraud-score/infer"

    def pods() -> int:
        found = platform.kubectl("uaenorth", "get", "hpa", "-n", "team-fraud", "-o", "json").out
        return int(json.loads(found)["items"][0]["status"].get("desiredReplicas", 0))

    assert pods() == 2

    async def until_scaled() -> None:
        load = asyncio.create_task(send(Load(url, rate=150, seconds=90, body=REQUEST), StateDir(platform.state)))
        while not load.done():
            if await asyncio.to_thread(pods) > 2:
                load.cancel()
                return
            await asyncio.sleep(1)
        raise AssertionError("90 seconds of load did not move the autoscaler")

    asyncio.run(until_scaled())
