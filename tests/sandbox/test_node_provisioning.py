"""A platform changes from pools to nodes that are made to measure, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from running_platform import RunningPlatform, eventually

pytestmark = pytest.mark.stress

STACK, TEAM = "platform-sandbox", "fraud-sandbox"
REGION = "uaenorth"
KARPENTER = f"aks-sandbox-{REGION}/karpenter"
KWOK = {"api_version": "karpenter.kwok.sh/v1alpha1", "kind": "KWOKNodeClass", "settings": {}}
MEASURED = {
    "cpu": {"sizes": ["Standard_D4s_v5", "Standard_D8s_v5"], "max_cpus": 64, "consolidate_after_seconds": 30},
    "gpu": {"sizes": ["Standard_NC24ads_A100_v4"], "max_cpus": 24, "max_gpus": 1, "consolidate_after_seconds": 10},
    "node_class": KWOK,
}
GPU_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"namespace": "kube-system"},
    "spec": {
        "nodeSelector": {"headgate.dev/pool": "gpu"},
        "tolerations": [{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}],
        "containers": [
            {
                "name": "probe",
                "image": "hgplatformsandbox.azurecr.io/runtimes/oip-server",
                "resources": {"limits": {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"}},
            }
        ],
    },
}


def fixed(config: dict[str, Any]) -> None:
    """Ask for pools that do not scale: Azure takes no other beside nodes that are made to measure."""
    bounds = {"system": {"min": 1, "max": 1}, "cpu": {"min": 2, "max": 2}, "gpu": None}
    config["headgate:platform"]["cluster"] = {"pools": bounds}


def provisioned(config: dict[str, Any]) -> None:
    """Ask for nodes to measure, with one GPU at most."""
    config["headgate:platform"]["cluster"] = {"autoprovisioning": MEASURED}


def draining(config: dict[str, Any]) -> None:
    """Ask for pools beside them, and for Karpenter to give back what it made."""
    fixed(config)
    config["headgate:platform"]["cluster"]["autoprovisioning"] = {**MEASURED, "draining": True}


def deployed(platform: RunningPlatform, *steps: Callable[[dict[str, Any]], None]) -> None:
    """Deploy each of the changes."""
    for step in steps:
        changed = platform.up(STACK, "--config-file", str(platform.edited(STACK, step)), timeout=900)
        assert changed.code == 0, changed.text


@pytest.fixture(scope="module")
def automatic(platform: RunningPlatform) -> Iterator[RunningPlatform]:
    """Return the platform with nodes to measure; pools are back afterwards, whatever a test left."""
    deployed(platform, fixed, provisioned)
    yield platform
    if KARPENTER in platform.processes():
        deployed(platform, draining)
    restored = platform.up(STACK, timeout=900)
    assert restored.code == 0, restored.text


def machines(platform: RunningPlatform, pool: str) -> list[str]:
    """Return the nodes that Karpenter bought for a pool."""
    wanted = ("-l", f"karpenter.sh/nodepool={pool}", "-o", "name")
    return platform.kubectl(REGION, "get", "nodeclaims", *wanted).out.split()


def gpu_pod(name: str) -> str:
    """Return a pod that needs a GPU, where the gate does not look."""
    return json.dumps({**GPU_POD, "metadata": {**GPU_POD["metadata"], "name": name}})  # type: ignore[dict-item]


def phase(platform: RunningPlatform, name: str) -> str:
    """Return a pod's phase."""
    return platform.kubectl(REGION, "get", "pod", name, "-n", "kube-system", "-o", "jsonpath={.status.phase}").out


def test_what_ran_on_pools_runs_on_nodes_that_were_made_for_it(automatic: RunningPlatform) -> None:
    """Karpenter runs in each region, and gate, gateway and models have its nodes."""
    processes = automatic.processes()

    assert [processes[f"aks-sandbox-{region}/karpenter"]["state"] for region in ("uaenorth", "uaecentral")] == [
        "ready",
        "ready",
    ]
    eventually(lambda: machines(automatic, "cpu"), "nodes for what had run on pools", 120)
    # Not `tour up`, which would deploy the stack as it is committed: with pools.
    eventually(lambda: automatic.headgate("sandbox", "ask", "fraud-score").code == 0, "the model answers", 120)


def test_a_gpu_comes_when_a_pod_waits_and_no_second_one(automatic: RunningPlatform) -> None:
    """One within the bound; the pod beyond it waits and is told why; the node leaves with its pod."""
    for name in ("gpu-one", "gpu-two"):
        assert automatic.kubectl(REGION, "apply", "-f", "-", stdin=gpu_pod(name)).code == 0
    eventually(
        lambda: sorted([phase(automatic, "gpu-one"), phase(automatic, "gpu-two")]) == ["Pending", "Running"],
        "one pod has the GPU",
        120,
    )
    eventually(
        lambda: "exceed limits for nodepool" in automatic.kubectl(REGION, "get", "events", "-n", "kube-system").out,
        "the other is told why it waits",
    )
    assert len(machines(automatic, "gpu")) == 1

    assert automatic.kubectl(REGION, "delete", "pod", "gpu-one", "gpu-two", "-n", "kube-system").code == 0
    eventually(lambda: machines(automatic, "gpu") == [], "the idle node leaves", 240)


def tight(config: dict[str, Any]) -> None:
    """Ask for nodes to measure, of which no more may come than are there."""
    provisioned(config)
    cluster = config["headgate:platform"]["cluster"]["autoprovisioning"]
    config["headgate:platform"]["cluster"]["autoprovisioning"] = {**cluster, "cpu": {**MEASURED["cpu"], "max_cpus": 4}}


def large(config: dict[str, Any]) -> None:
    """Ask for a model whose pods need a node each."""
    config["headgate:team"]["models"][0]["resources"] = {"cpu": "7", "memory": "512Mi"}


def test_an_update_ends_where_a_pool_may_have_no_more_nodes_and_the_next_one_mends(automatic: RunningPlatform) -> None:
    """It says pool and pod while it waits and when it ends, the model goes on answering; then all is as it was."""
    deployed(automatic, tight)
    config = str(automatic.edited(TEAM, large))
    refused = automatic.pulumi("up", "--yes", "--skip-preview", "-s", TEAM, "--config-file", config, timeout=1_200)
    answered = automatic.headgate("sandbox", "ask", "fraud-score")
    mended = automatic.headgate("up", "--yes", "-s", TEAM, timeout=900)

    assert refused.code != 0
    assert "exceed limits for nodepool (NodePool=cpu)" in refused.text, refused.text
    assert "on Pod fraud-score-" in refused.text
    assert "fraud-score was applied and did not get ready" in refused.text
    assert answered.code == 0, answered.text
    assert mended.code == 0, mended.text
    assert automatic.pulumi("preview", "--expect-no-changes", "-s", TEAM).code == 0


def test_what_karpenter_made_leaves_before_it_does(automatic: RunningPlatform) -> None:
    """Taken out at once it is refused; drained, its pods move to pools, the model answers, the next update ends it."""
    too_early = automatic.up(STACK)
    deployed(automatic, draining)
    left = machines(automatic, "cpu")
    kept = KARPENTER in automatic.processes()
    answered = automatic.headgate("sandbox", "ask", "fraud-score")
    back = automatic.up(STACK, timeout=900)

    assert too_early.code != 0
    assert "nodes that Karpenter made still stand" in too_early.text
    assert (left, kept, answered.code) == ([], True, 0), answered.text
    assert back.code == 0, back.text
    assert KARPENTER not in automatic.processes()
    assert automatic.pulumi("preview", "--expect-no-changes", "-s", STACK).code == 0
