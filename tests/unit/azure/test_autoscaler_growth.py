"""Which pools help which pods: in the scheduler's words, within the bounds, by the least waste."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.azure.autoscaler.fit import Place, requests
from headgate.sandbox.azure.autoscaler.growth import Group, grow
from headgate.sandbox.azure.autoscaler.idle import Idle, is_idle
from headgate.sandbox.azure.counterparts.nodes import node, node_names, wanted_indices
from tests.unit.azure.test_rules import CLUSTER

pytestmark = pytest.mark.unit

AKS = {"id": CLUSTER, "name": "aks", "location": "uaenorth", "properties": {}}
TOLERANT = [{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}]


def pool(name: str, size: str, **properties: Any) -> dict[str, Any]:
    """Return a pool."""
    return {"id": f"{CLUSTER}/agentPools/{name}", "name": name, "properties": {"vmSize": size, **properties}}


CPU = pool("cpu", "Standard_D8s_v5", nodeLabels={"headgate.dev/pool": "cpu"})
LARGE = pool("large", "Standard_D32s_v5")
GPU = pool(
    "gpu", "Standard_NC24ads_A100_v4", nodeTaints=["sku=gpu:NoSchedule"], nodeLabels={"headgate.dev/pool": "gpu"}
)


def group(made_of: dict[str, Any], size: int = 0, high: int = 3, backed_off: bool = False) -> Group:
    """Return a pool as the autoscaler sees it."""
    return Group(made_of["name"], 0, high, size, Place.of(node(made_of, AKS, size)), backed_off)


def pod(name: str, cpu: str = "1", gpus: int = 0, **spec: Any) -> dict[str, Any]:
    """Return a pod that waits."""
    limits = {"cpu": cpu, "memory": "1Gi", **({"nvidia.com/gpu": str(gpus)} if gpus else {})}
    return {
        "metadata": {"name": name, "uid": name},
        "spec": {"containers": [{"name": "c", "resources": {"limits": limits}}], **spec},
    }


def test_pods_that_wait_bring_as_many_nodes_as_they_fill() -> None:
    """Seven pods of two CPUs need three nodes of not quite eight."""
    pods = [pod(f"p{index}", "2") for index in range(7)]

    growth = grow(pods, [], [group(CPU)])

    assert growth.more == {"cpu": 3}
    assert sorted(each["metadata"]["name"] for each in growth.helped["cpu"]) == [f"p{index}" for index in range(7)]
    assert growth.refused == []


def test_a_node_that_stands_is_filled_before_one_is_made() -> None:
    """One that is on its way counts: its taints of coming up pass."""
    coming = node(CPU, AKS, 0)
    coming["spec"]["taints"] = [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]

    growth = grow([pod("a"), pod("b")], [Place.of(coming, [pod("there", "6")])], [group(CPU, 1)])

    assert growth.expected == {coming["metadata"]["name"]}
    assert growth.more == {"cpu": 1}


@pytest.mark.parametrize(
    ("wanted", "groups", "why"),
    [
        (
            pod("p", gpus=1, tolerations=TOLERANT),
            [group(GPU, size=3), group(CPU)],
            "1 Insufficient nvidia.com/gpu, 1 max node group size reached",
        ),
        (pod("p", gpus=1), [group(GPU)], "1 node(s) had untolerated taint {sku: gpu}"),
        (pod("p", "99"), [group(CPU), group(LARGE)], "2 Insufficient cpu"),
        (pod("p"), [group(CPU, backed_off=True)], "1 in backoff after failed scale-up"),
        (
            pod("p", nodeSelector={"headgate.dev/pool": "tpu"}),
            [group(CPU)],
            "1 node(s) didn't match Pod's node affinity/selector",
        ),
    ],
)
def test_a_pod_that_no_pool_helps_is_told_why(wanted: dict[str, Any], groups: list[Group], why: str) -> None:
    """By reason and how many pools have it."""
    growth = grow([wanted], [], groups)

    assert [(each["metadata"]["name"], text) for each, text in growth.refused] == [("p", why)]
    assert not growth.more


def test_the_pool_with_the_least_waste_is_taken_and_gpus_are_kept_for_who_asks() -> None:
    """Even a pod that tolerates the taint of GPUs goes elsewhere if it needs none."""
    growth = grow([pod("p", "6", tolerations=TOLERANT)], [], [group(GPU), group(LARGE), group(CPU)])

    assert growth.more == {"cpu": 1}


@pytest.mark.parametrize(
    ("row", "fits"),
    [
        ({"key": "headgate.dev/pool", "operator": "In", "values": ["cpu"]}, True),
        ({"key": "headgate.dev/pool", "operator": "NotIn", "values": ["cpu"]}, False),
        ({"key": "headgate.dev/pool", "operator": "Exists"}, True),
        ({"key": "absent", "operator": "DoesNotExist"}, True),
        ({"key": "agentpool", "operator": "Gt", "values": ["1"]}, False),
    ],
)
def test_required_affinity_decides(row: dict[str, Any], fits: bool) -> None:
    """One term that matches is enough; comparisons of numbers match nothing here."""
    terms = [{"matchExpressions": [{"key": "absent", "operator": "Exists"}]}, {"matchExpressions": [row]}]
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}

    assert (Place.of(node(CPU, AKS, 0)).refusal(pod("p", affinity=affinity)) is None) is fits


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"key": "sku", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"key": "sku", "value": "gpu"}, True),
        ({"key": "sku", "value": "gpu", "effect": "NoExecute"}, False),
        ({"key": "sku", "value": "other"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_a_taint_is_met_by_key_value_and_effect(toleration: dict[str, str], tolerated: bool) -> None:
    """As Kubernetes reads tolerations."""
    asked = pod("p", gpus=1, tolerations=[toleration])

    assert (Place.of(node(GPU, AKS, 0)).refusal(asked) is None) is tolerated


def test_initialisers_count_by_the_largest_and_sidecars_with_the_rest() -> None:
    """What the scheduler keeps free."""
    asked = pod("p", "2")
    asked["spec"]["initContainers"] = [
        {"name": "sidecar", "restartPolicy": "Always", "resources": {"requests": {"cpu": "500m"}}},
        {"name": "loads", "resources": {"requests": {"cpu": "4"}}},
    ]

    assert requests(asked) == {"pods": 1.0, "cpu": 4.0, "memory": 2.0**30}


def test_a_full_node_has_no_room_for_a_pod_without_requests() -> None:
    """Places for pods are a resource too."""
    full = node(CPU, AKS, 0)
    full["status"]["allocatable"]["pods"] = "0"

    assert Place.of(full).refusal({"metadata": {"name": "p"}, "spec": {"containers": []}}) == "Too many pods"


def test_nodes_leave_after_their_time_the_youngest_first_and_never_below_the_bound() -> None:
    """Who is about to get a pod is not idle, and whoever had one begins anew."""
    idle, names = Idle(), ["a", "b", "c"]
    idle.look({"a": [], "b": [], "c": [pod("p")]}, {"b"}, now=0)
    idle.look({"a": [], "b": [], "c": []}, set(), now=10)

    assert idle.leaving(names, 3, after=15, now=14) == []
    assert idle.leaving(names, 3, after=15, now=15) == ["a"]
    assert idle.leaving(names, 3, after=15, now=30) == ["c", "b", "a"]
    assert idle.leaving(names, 1, after=15, now=30) == ["c"]
    assert idle.leaving(names, 0, after=15, now=30) == []


@pytest.mark.parametrize(
    ("change", "idle"),
    [
        ({}, False),
        ({"ownerReferences": [{"kind": "DaemonSet"}]}, True),
        ({"ownerReferences": [{"kind": "ReplicaSet"}]}, False),
        ({"annotations": {"kubernetes.io/config.mirror": "x"}}, True),
    ],
)
def test_what_runs_on_every_node_keeps_none(change: dict[str, Any], idle: bool) -> None:
    """A node with nothing else has nothing to do."""
    made = pod("p")
    made["metadata"] |= change

    assert is_idle([made]) is idle


def test_a_pool_keeps_the_nodes_that_it_has_where_one_between_them_went() -> None:
    """The gap is filled first, and a smaller pool keeps its first nodes."""
    have = [node_names(CPU, 5)[index] for index in (0, 2, 4)]

    assert wanted_indices(have, 3) == [0, 2, 4]
    assert wanted_indices(have, 4) == [0, 1, 2, 4]
    assert wanted_indices(have, 2) == [0, 2]
    assert wanted_indices([], 2) == [0, 1]
