"""The registry is away, and what it said counts no longer: all gates close for what is new, and open by themselves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from models_of_a_platform import NAMESPACE, Regions, Shelf, deployment, pods
from registry_away import registry_away
from running_platform import HEADGATE, Outcome, RunningPlatform, eventually

pytestmark = pytest.mark.sandbox

REGIONS = ("uaenorth", "uaecentral")
RULES = ("HG-SC-003", "HG-SC-004", "HG-SC-005", "HG-SC-006")
RUNS = "ways-known"


@pytest.fixture
def regions(platform: RunningPlatform) -> Regions:
    """Return the API servers."""
    return Regions.of({region: platform.kubeconfig(region) for region in REGIONS})


@pytest.fixture
def references(platform: RunningPlatform, regions: Regions) -> Iterator[tuple[str, str]]:
    """Prove two versions, run the first in both regions, and return how each is asked for."""
    shelf = Shelf(platform.state, "fraud/ways-known")
    try:
        series = time.time_ns()
        known, new = (shelf.reference(shelf.pushed(f"1.{series}.{patch}")) for patch in range(2))
        eventually(lambda: regions.say(known) + regions.say(new) == [""] * 4, "both are let in", 20)
        with regions.running({RUNS: known}):
            eventually(lambda: counted(regions) == [1, 1], "it runs")
            yield known, new
    finally:
        shelf.close()


def counted(regions: Regions) -> list[int]:
    """Return how many pods of what runs there are, in each region."""
    return [len(pods(each, RUNS)) for each in regions.clients.values()]


def scaled_and_moved(regions: Regions) -> None:
    """Ask for one pod more, then take the first away: as an autoscaler does, and a node that fails."""
    for client in regions.clients.values():
        first = next(iter(pods(client, RUNS)))
        client.patch("apps/v1", "Deployment", RUNS, {"spec": {"replicas": 2}}, namespace=NAMESPACE, subresource="scale")
        client.delete("v1", "Pod", first, NAMESPACE)
        eventually(lambda client=client, first=first: {first} & {*pods(client, RUNS)} == set(), "the first is gone")
    eventually(lambda: counted(regions) == [2, 2], "it has scaled, and was made anew")


def test_what_is_new_is_refused_at_every_gate_and_what_runs_goes_on(
    platform: RunningPlatform, regions: Regions, references: tuple[str, str], tmp_path: Path
) -> None:
    """Though its proofs are sound: nobody can say so. Each gate names the cause, and afterwards nobody has to act."""
    known, new = references
    (tmp_path / "new.yaml").write_text(yaml.safe_dump(deployment(new, "asked")))

    def run(*arguments: str) -> Future[Outcome]:
        return pool.submit(platform.run, [*HEADGATE, *arguments])

    with ThreadPoolExecutor() as pool:
        with registry_away(platform):
            checked = run("check", "--manifests", str(tmp_path / "new.yaml"), "--environment", "sandbox")
            updated = run("up", "-s", "fraud-sandbox", "--yes")
            eventually(lambda: regions.rules(new, RULES) == [[*RULES]] * 2, "what was said counts no longer", 30)
            told = [*regions.say(new), *regions.say(known)]
            scaled_and_moved(regions)
            at_p, at_u = checked.result(), updated.result()
        eventually(lambda: regions.say(new) == [""] * 2, "it is let in again", 30)

    assert ["what the registry said counted until" in each for each in told] == [True] * 4, told
    assert [(each.code, "the registry can't be asked: " in each.text) for each in (at_p, at_u)] == [(1, True)] * 2
