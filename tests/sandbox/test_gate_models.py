"""Ways round the registry on the running platform: versions that look like a sound one, and those that ran before."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from models_of_a_platform import SERVER, Regions, Shelf, pods, why_none
from running_platform import HEADGATE, RunningPlatform, eventually

from headgate.model.proofs.stage import Stage

pytestmark = pytest.mark.sandbox

NAME, OTHER = "fraud/ways-round", "fraud/ways-elsewhere"
REGIONS = ("uaenorth", "uaecentral")
RULES = ("HG-SC-002", "HG-SC-003", "HG-SC-004", "HG-SC-005", "HG-SC-006")
UNKNOWN = ["HG-SC-003", "HG-SC-004", "HG-SC-005", "HG-SC-006"]
WAYS = {
    "sound": [],
    "by its tag, which can be moved after it was approved": ["HG-SC-002", *UNKNOWN],
    "by its name alone": ["HG-SC-002", *UNKNOWN],
    "by its digest in another repository": UNKNOWN,
    "in no registry": UNKNOWN,
    "proven by nobody": ["HG-SC-004", "HG-SC-005", "HG-SC-006"],
    "with the signature of another version": ["HG-SC-004"],
    "signed by a key that is revoked since": ["HG-SC-004"],
    "archived after it was deployed": ["HG-SC-003"],
    "restricted after it was deployed": ["HG-SC-003"],
}
DEPLOYED = {"archived after it was deployed": "ways-archived", "restricted after it was deployed": "ways-restricted"}


@pytest.fixture(scope="module")
def regions(platform: RunningPlatform) -> Regions:
    """Return the API servers."""
    return Regions.of({region: platform.kubeconfig(region) for region in REGIONS})


@pytest.fixture(scope="module")
def ways(platform: RunningPlatform, regions: Regions) -> Iterator[dict[str, str]]:
    """Lay out all of it, run what ran before, and return by which reference each is asked for."""
    shelf = Shelf(platform.state, NAME)
    signed = {"with the signature of another version": "", "signed by a key that is revoked since": "leaver"}
    # A platform that stands from an earlier run has the versions of that run.
    proven, series = ("sound", *signed, *DEPLOYED), f"1.{time.time_ns()}"
    try:
        found = {way: shelf.pushed(f"{series}.{patch}", signed.get(way, "trainer")) for patch, way in enumerate(proven)}
        shelf.sign_as(found["with the signature of another version"], found["sound"])
        references = {way: shelf.reference(model) for way, model in found.items()} | {
            "by its tag, which can be moved after it was approved": f"{SERVER}/models/{NAME}:{series}.0",
            "by its name alone": f"{SERVER}/models/{NAME}",
            "by its digest in another repository": shelf.copy(found["sound"], OTHER),
            "in no registry": f"{SERVER}/models/{NAME}@sha256:{'1' * 64}",
            "proven by nobody": shelf.reference(shelf.only_pushed(f"{series}.9")),
        }
        allowed = ["sound", "signed by a key that is revoked since", *DEPLOYED]
        before = [""] * len(REGIONS) * len(allowed)
        eventually(lambda: [said for way in allowed for said in regions.say(references[way])] == before, "let in", 20)
        with regions.running({name: references[way] for way, name in DEPLOYED.items()}):
            for client in regions.clients.values():
                eventually(lambda client=client: all(pods(client, each) for each in DEPLOYED.values()), "it runs")
            shelf.leaver_is(revoked="the laptop was stolen")
            shelf.move(found["archived after it was deployed"], Stage.STAGING, Stage.PRODUCTION, Stage.ARCHIVED)
            shelf.move(found["restricted after it was deployed"], Stage.RESTRICTED)
            gone = [references[way] for way in (*DEPLOYED, "signed by a key that is revoked since")]
            eventually(lambda: all(said for each in gone for said in regions.say(each)), "all has been heard", 10)
            yield references
    finally:
        shelf.close()


@pytest.mark.parametrize("way", WAYS)
def test_no_way_round_the_registry_is_open_in_a_running_region(
    way: str, ways: dict[str, str], regions: Regions
) -> None:
    """Both regions refuse it, by the same rules; what all are made after is let in."""
    assert regions.rules(ways[way], RULES) == [WAYS[way]] * len(REGIONS)


@pytest.mark.parametrize("region", REGIONS)
def test_what_runs_and_may_not_any_more_is_told_of(
    region: str, platform: RunningPlatform, ways: dict[str, str]
) -> None:
    """`headgate check --cluster` names what was archived, and what was restricted, where it runs."""
    line = ["check", "--cluster", str(platform.kubeconfig(region)), "--environment", "sandbox", "--json"]
    verdict = platform.run([*HEADGATE, *line, "--only", "HG-SC-003"])
    found = {
        each["resource"].rpartition("/")[2]: each["violations"][0]["message"]
        for each in json.loads(verdict.out)["results"]
    }

    assert (verdict.code, set(DEPLOYED.values()) <= set(found)) == (1, True), verdict.text
    assert "stands at archived" in found["ways-archived"]
    assert "is restricted: it must not run anywhere" in found["ways-restricted"]


@pytest.mark.parametrize("region", REGIONS)
def test_a_restricted_model_is_not_rescheduled_and_an_archived_one_is(
    region: str, ways: dict[str, str], regions: Regions
) -> None:
    """Its pod is deleted: what Kubernetes makes in its place is refused, in the rule's words, or comes."""
    client = regions.clients[region]
    before = {name: pods(client, name) for name in DEPLOYED.values()}
    for name in (name for found in before.values() for name in found):
        client.delete("v1", "Pod", name, "team-fraud")

    eventually(lambda: "[HG-SC-003]" in why_none(client, "ways-restricted"), "its replacement was refused")
    after = eventually(lambda: pods(client, "ways-archived"), "its replacement came")

    assert "is restricted: it must not run anywhere" in why_none(client, "ways-restricted")
    assert set(after.values()).isdisjoint(before["ways-archived"].values())
    assert (pods(client, "ways-restricted"), why_none(client, "ways-archived")) == ({}, "")
