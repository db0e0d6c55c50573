"""Regions come and go, clusters change in place, and DNS alone can lead to them: on the whole platform."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from running_platform import CHECKOUT, Outcome, RunningPlatform, eventually

from headgate.sandbox.layout import StateDir
from headgate.sandbox.traffic import Load, run

pytestmark = pytest.mark.stress

REGISTRY = "hgplatformsandbox.azurecr.io"
PLATFORM, TEAM = "platform-sandbox", "fraud-sandbox"
REQUEST = json.loads((CHECKOUT / "examples/models/fraud-score/samples.json").read_text())[1]["request"]

Edit = Callable[[dict[str, Any]], None]


def preview(platform: RunningPlatform, edit: Edit) -> tuple[Outcome, dict[str, str]]:
    """Preview a changed platform; return the outcome, and the operation of each step by the resource's name."""
    changed = str(platform.edited(PLATFORM, edit))
    outcome = platform.pulumi("preview", "--json", "-s", PLATFORM, "--config-file", changed)
    steps = outcome.json().get("steps", []) if outcome.out.startswith("{") else []
    return outcome, {
        step["urn"].rpartition("::")[2]: step["op"] for step in steps if step["op"] not in {"same", "read"}
    }


def deploy(platform: RunningPlatform, edit: Edit) -> Outcome:
    """Deploy a changed platform."""
    return platform.up(PLATFORM, "--config-file", str(platform.edited(PLATFORM, edit)))


def standby(config: dict[str, Any]) -> dict[str, Any]:
    """Return the second region's entry."""
    region: dict[str, Any] = config["headgate:platform"]["regions"][1]
    return region


def answers(platform: RunningPlatform, seconds: float = 2) -> Any:
    """Send requests to the platform's public name, and return what came of them."""
    endpoint = platform.pulumi("stack", "output", "endpoint", "-s", PLATFORM).out.strip()
    load = Load(f"{endpoint}/v2/models/fraud-score/infer", rate=10, seconds=seconds, body=REQUEST)
    return run(load, StateDir(platform.state))


def test_bounds_tags_monitoring_and_a_minor_never_replace(platform: RunningPlatform) -> None:
    """Everything at once is a preview of updates alone; the clusters are among them, and none is replaced."""

    def change(config: dict[str, Any]) -> None:
        section = config["headgate:platform"]
        section["owner"] = "other-team"
        section["cluster"] = {
            "kubernetes_version": "1.37",
            "tier": "Standard",
            "metrics": False,
            "defender": False,
            "maintenance": {"day": "Friday", "start": "22:00", "hours": 6},
            "pools": {"cpu": {"min": 3, "max": 6}, "system": {"max": 3}, "gpu": {"max": 2}},
        }

    outcome, found = preview(platform, change)

    assert set(found.values()) == {"update"}, outcome.text
    assert {"cluster-uaenorth-cluster", "cluster-uaenorth-cpu-pool", "cluster-uaecentral-upgrades-window"} <= set(found)


@pytest.mark.parametrize(("version", "what"), [("1.38", "one minor at a time"), ("1.35", "can't go back")])
def test_a_version_that_can_not_follow_is_refused(platform: RunningPlatform, version: str, what: str) -> None:
    """Before anything is touched, with the line to change."""

    def change(config: dict[str, Any]) -> None:
        config["headgate:platform"]["cluster"] = {"kubernetes_version": version}

    outcome, _ = preview(platform, change)

    assert outcome.code != 0
    assert what in outcome.text


def test_new_bounds_bring_nodes_in_place(platform: RunningPlatform) -> None:
    """A higher minimum than the pool was made with is reached, and the cluster is not touched."""

    def more(config: dict[str, Any]) -> None:
        config["headgate:platform"]["cluster"] = {"pools": {"cpu": {"min": 3, "max": 5}}}

    def nodes() -> int:
        selector = ("-l", "kubernetes.azure.com/agentpool=cpu", "-o", "name")
        return len(platform.kubectl("uaenorth", "get", "nodes", *selector).out.split())

    grown = deploy(platform, more)

    assert grown.code == 0, grown.text
    eventually(lambda: nodes() == 3, "the pool has its new minimum")
    assert platform.up(PLATFORM).code == 0


def gpu_pod(name: str) -> str:
    """Return a pod that needs a GPU, where the gate does not look."""
    limits = {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"}
    document = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {
            "nodeSelector": {"headgate.dev/pool": "gpu"},
            "tolerations": [{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}],
            "containers": [
                {"name": "probe", "image": f"{REGISTRY}/runtimes/oip-server", "resources": {"limits": limits}}
            ],
        },
    }
    return json.dumps(document)


def test_a_pod_that_waits_for_a_gpu_brings_a_node_within_bound_and_quota(platform: RunningPlatform) -> None:
    """Without quota it is told Azure's words; with it a node comes; the next is told of the bound; idle nodes leave."""

    def ask(*arguments: str) -> str:
        return platform.kubectl("uaecentral", *arguments).out

    def phase(name: str) -> str:
        return ask("get", "pod", name, "-n", "kube-system", "-o", "jsonpath={.status.phase}")

    def nodes() -> int:
        return len(ask("get", "nodes", "-l", "headgate.dev/pool=gpu", "-o", "name").split())

    def told(name: str) -> str:
        about = ("--field-selector", f"involvedObject.name={name}", "-o", "jsonpath={.items[*].message}")
        return ask("get", "events", "-n", "kube-system", *about)

    before = nodes()
    scarce = ("--type", "containerservice:AgentPool", "--region", "uaecentral")
    platform.headgate("sandbox", "fault", "add", "quota", *scarce)
    platform.kubectl("uaecentral", "apply", "-f", "-", stdin=gpu_pod("gpu-one"))
    eventually(lambda: "QuotaExceeded" in told("gpu-one"), "the pod is told of the quota")
    poor = (nodes(), phase("gpu-one"))
    platform.headgate("sandbox", "fault", "clear")
    eventually(lambda: phase("gpu-one") == "Running", "it has a node", 120)
    platform.kubectl("uaecentral", "apply", "-f", "-", stdin=gpu_pod("gpu-two"))
    eventually(lambda: "max node group size reached" in told("gpu-two"), "the second is told of the bound")
    most = (nodes(), phase("gpu-two"))
    ask("delete", "pod", "gpu-one", "gpu-two", "-n", "kube-system")
    eventually(lambda: nodes() == 0, "the idle node leaves", 120)

    assert (before, poor, most) == (0, (0, "Pending"), (1, "Pending"))
    assert platform.pulumi("preview", "--expect-no-changes", "-s", PLATFORM).code == 0


def test_a_quota_that_is_used_up_fails_the_update_at_once(platform: RunningPlatform) -> None:
    """Azure's refusal reaches whoever deploys, with family, limit and need; the next update is clean."""

    def greedy(config: dict[str, Any]) -> None:
        pools = {"huge": {"size": "Standard_E64s_v5", "min": 6, "max": 6}}
        config["headgate:platform"]["cluster"] = {"pools": {"more": pools}}

    refused = deploy(platform, greedy)
    again = platform.up(PLATFORM)

    assert refused.code != 0
    assert "QuotaExceeded" in refused.text
    assert "standardESv5Family" in refused.text
    assert again.code == 0, again.text


def test_a_region_drains_goes_and_comes_back(platform: RunningPlatform) -> None:
    """Out of traffic, out of the teams' stacks, then gone; a skipped step is refused; one entry brings it back."""

    def drain(config: dict[str, Any]) -> None:
        standby(config)["state"] = "draining"

    def remove(config: dict[str, Any]) -> None:
        del config["headgate:platform"]["regions"][1]

    too_early, _ = preview(platform, remove)
    drained = deploy(platform, drain)
    with_models, _ = preview(platform, remove)
    left = platform.up(TEAM)
    removed = deploy(platform, remove)
    served = answers(platform)
    regions = list(platform.status()["regions"])
    platform.forget_environment()
    back = platform.up(PLATFORM)
    team = platform.up(TEAM)

    assert "still in traffic" in too_early.text
    assert drained.code == 0, drained.text
    assert "fraud-sandbox still has its models in uaecentral" in with_models.text
    assert left.code == 0, left.text
    assert removed.code == 0, removed.text
    assert (served.success, list(served.regions)) == (1.0, ["uaenorth"])
    assert regions == ["uaenorth"]
    assert back.code == 0, back.text
    assert team.code == 0, team.text
    assert set(platform.status()["regions"]) == {"uaenorth", "uaecentral"}


def test_active_regions_share_the_traffic_and_one_goes_on_alone(platform: RunningPlatform) -> None:
    """Both answer by their weights; without one the other answers everything; both again when it is back."""

    def both_active(config: dict[str, Any]) -> None:
        section = config["headgate:platform"]
        section["topology"] = "active-active"
        for region in section["regions"]:
            del region["priority"]

    changed = deploy(platform, both_active)
    team = platform.up(TEAM)
    assert changed.code == 0, changed.text
    assert team.code == 0, team.text
    before = eventually(lambda: _shared(answers(platform, 6)), "both regions answer", 60)
    fault = platform.headgate("sandbox", "fault", "add", "outage", "--region", "uaenorth", "--stop-region")
    during = eventually(lambda: _only(answers(platform), "uaecentral"), "the other region answers", 90)
    platform.headgate("sandbox", "fault", "clear")
    again = eventually(lambda: _shared(answers(platform)), "both regions answer again", 90)
    restored = platform.up(PLATFORM)

    assert fault.code == 0, fault.text
    assert (before.success, during.success, again.success) == (1.0, 1.0, 1.0)
    assert 0.25 < before.regions["uaenorth"].sent / before.sent < 0.75, before.as_json()
    assert restored.code == 0, restored.text


def test_dns_alone_leads_to_the_region_that_answers(platform: RunningPlatform) -> None:
    """Traffic Manager in place of the front door: TLS ends in the region, and a dead one is left within its probes."""

    def led_by_dns(config: dict[str, Any]) -> None:
        config["headgate:platform"]["edge"] = {"kind": "traffic-manager", "probe_seconds": 10}

    def found(region: str) -> str:
        path = platform.state / "edge" / "dns-tm-headgate-sandbox.status.json"
        return str(json.loads(path.read_text())["endpoints"][region]) if path.exists() else ""

    changed = deploy(platform, led_by_dns)
    assert changed.code == 0, changed.text
    eventually(lambda: (found("uaenorth"), found("uaecentral")) == ("Online", "Online"), "both regions are online")
    before = answers(platform)
    fault = platform.headgate("sandbox", "fault", "add", "outage", "--region", "uaenorth", "--stop-region")
    eventually(lambda: found("uaenorth") == "Degraded", "the probes have seen it", 60)
    during = eventually(lambda: _only(answers(platform), "uaecentral"), "the other region answers", 30)
    platform.headgate("sandbox", "fault", "clear")
    eventually(lambda: found("uaenorth") == "Online", "it is back", 60)
    restored = platform.up(PLATFORM)

    assert (before.success, list(before.regions)) == (1.0, ["uaenorth"])
    assert fault.code == 0, fault.text
    assert during.success == 1.0
    assert restored.code == 0, restored.text


def _shared(outcome: Any) -> Any:
    """Return the outcome when both regions answered, and nothing failed."""
    return outcome if len(outcome.regions) == 2 and outcome.success == 1.0 else None


def _only(outcome: Any, region: str) -> Any:
    """Return the outcome when one region answered everything."""
    return outcome if list(outcome.regions) == [region] else None
