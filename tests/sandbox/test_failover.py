"""A region dies under load: the front door goes on with the other one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess

import pytest
from running_platform import CHECKOUT, HEADGATE, RunningPlatform, eventually

from headgate.sandbox.layout import StateDir
from headgate.sandbox.traffic import Load, run, send

pytestmark = pytest.mark.sandbox

PLATFORM = "platform-sandbox"

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


def test_a_drilled_failover_at_the_edge_is_measured_undone_and_recorded(platform: RunningPlatform) -> None:
    """The other region answers every request; both serve again; the ledger has a drill that the gates count."""
    drilled = platform.headgate("drill", "failover", PLATFORM, "--by", "edge", "--json")

    assert drilled.code == 0, drilled.text
    told = drilled.json()

    def recorded() -> bool:
        found = platform.headgate("audit", "query", "--kind", "drill", "--stack", PLATFORM, "--json").out.splitlines()
        return sorted(json.loads(line)["data"]["result"] for line in found[-2:]) == ["began", "succeeded"]

    # What is acknowledged is durable at once, and found with the next checkpoint.
    eventually(recorded, "a query finds how the drill began and ended")
    assert (told["region"], told["faults"], told["lost_entries"]) == ("uaenorth", [], 0)
    assert "uaecentral" in told["answered_by"]["during"]
    assert "uaenorth" in told["answered_by"]["after"]
    assert told["recovery_seconds"] < told["objective"]["recovery_seconds"]


@pytest.mark.stress
def test_a_drilled_outage_is_survived_and_one_that_is_killed_is_undone(platform: RunningPlatform) -> None:
    """A region that stands still is left in time; kill -9 leaves it out, and `drill restore` brings it back."""
    drilled = platform.headgate("drill", "failover", PLATFORM, "--json", timeout=600)
    killed = subprocess.Popen(
        [*HEADGATE, "drill", "failover", PLATFORM],
        cwd=CHECKOUT,
        env={**os.environ, "HEADGATE_STATE": str(platform.state)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    note = platform.state / "drills" / f"{PLATFORM}.json"
    eventually(note.exists, "the region is about to go out", 60)
    eventually(lambda: "outage" in platform.headgate("sandbox", "fault", "list").out, "the region is out", 30)
    killed.send_signal(signal.SIGKILL)
    killed.wait(timeout=20)

    restored = platform.headgate("drill", "restore", PLATFORM)

    assert drilled.code == 0, drilled.text
    assert drilled.json()["requests"]["during"]["failed"] > 0
    assert restored.out == f"{PLATFORM}: uaenorth is back\n"
    assert platform.headgate("sandbox", "fault", "list").out == "no faults\n"
    assert not note.exists()


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
