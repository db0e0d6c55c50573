"""What a model may ask for beside its pods, deployed: a monitor of its own, flags that are turned in place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_platform import RunningPlatform

pytestmark = pytest.mark.stress

STACK = "fraud-sandbox"
TEAM = ("-n", "team-fraud")
REGIONS = ("uaenorth", "uaecentral")


def options(explain: bool) -> Any:
    """Return an edit of the stack: a monitor, and two flags."""

    def edit(config: dict[str, Any]) -> None:
        config["headgate:team"]["models"][0] |= {
            "service_monitor": {"interval_seconds": 15},
            "flags": [{"name": "explain", "boolean": explain}, {"name": "batch-size", "number": 32}],
        }

    return edit


@pytest.fixture(scope="module")
def optional(platform: RunningPlatform) -> Iterator[Path]:
    """Deploy the model with them, and put the team's stack back at the end, which leaves neither."""
    edited = platform.edited(STACK, options(explain=False))
    kept = edited.rename(edited.with_name("options-fraud-sandbox.yaml"))
    deployed = platform.up(STACK, "--config-file", str(kept))
    assert deployed.code == 0, deployed.text
    yield kept
    restored = platform.up(STACK)
    assert restored.code == 0, restored.text
    for region in REGIONS:
        left = platform.kubectl(region, "get", "servicemonitors.azmonitoring.coreos.com", *TEAM, "-o", "name")
        assert (left.code, left.out) == (0, "")


def pods(platform: RunningPlatform, region: str) -> set[str]:
    """Return the names of the model's pods."""
    found = platform.kubectl(region, "get", "pods", *TEAM, "-l", "headgate.dev/model=fraud-score", "-o", "json").out
    items = json.loads(found)["items"]
    return {item["metadata"]["name"] for item in items if not item["metadata"].get("deletionTimestamp")}


def operations(platform: RunningPlatform, config: Path) -> dict[str, str]:
    """Return what a preview would do, by the resource's name; components are no objects."""
    preview = platform.pulumi("preview", "--json", "-s", STACK, "--config-file", str(config))
    assert preview.code == 0, preview.text
    return {
        step["urn"].rpartition("::")[2]: step["op"]
        for step in preview.json()["steps"]
        if step["op"] not in {"same", "read"} and "headgate:index:" not in step["urn"].split("::")[2].rpartition("$")[2]
    }


def test_a_second_update_changes_nothing(platform: RunningPlatform, optional: Path) -> None:
    """What the clusters made of it is what was asked for."""
    assert operations(platform, optional) == {}


@pytest.mark.parametrize("region", REGIONS)
def test_the_cluster_takes_the_monitor_by_the_operators_own_schema(
    platform: RunningPlatform, optional: Path, region: str
) -> None:
    """Azure's kind, as its metrics add-on brings it; the pods say that they are measured by it."""
    name = ("get", "servicemonitors.azmonitoring.coreos.com", "fraud-score", *TEAM, "-o", "json")
    (endpoint,) = json.loads(platform.kubectl(region, *name).out)["spec"]["endpoints"]
    noted = r"jsonpath={.items[*].metadata.annotations.headgate\.dev/measured-by}"
    chosen = ("get", "pods", *TEAM, "-l", "headgate.dev/model=fraud-score", "-o", noted)

    assert (endpoint["port"], endpoint["interval"], endpoint["path"]) == ("http", "15s", "/metrics")
    assert set(platform.kubectl(region, *chosen).out.split()) == {"service-monitor"}


def test_a_flag_is_turned_without_a_restart(platform: RunningPlatform, optional: Path) -> None:
    """The file changes in both regions, and nothing else does: the same pods serve before and after."""
    before = {region: pods(platform, region) for region in REGIONS}
    turned = platform.edited(STACK, options(explain=True))

    assert operations(platform, turned) == {f"fraud-score-{region}-flags": "update" for region in REGIONS}
    assert platform.up(STACK, "--config-file", str(turned)).code == 0
    where = r"jsonpath={.data.flags\.json}"
    for region in REGIONS:
        read = json.loads(platform.kubectl(region, "get", "configmap", "fraud-score-flags", *TEAM, "-o", where).out)
        assert {name: flag["variants"] for name, flag in read["flags"].items()} == {
            "explain": {"set": True},
            "batch-size": {"set": 32},
        }
    for region in REGIONS:
        # Pods of a version before may still have been leaving; none is new.
        assert pods(platform, region)
        assert pods(platform, region) <= before[region]
