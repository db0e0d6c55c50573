"""ServingCluster's nodes: further pools, spot, GPU slices, Karpenter; and what no change of them ever does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from headgate.sandbox.azure.bodies import schema_for
from headgate.sandbox.azure.sdk.validate import validate
from headgate.sandbox.azure.types import resolve
from headgate.sandbox.providers.azure_native.comparing import compare
from tests.unit.components.test_cluster import build

pytestmark = pytest.mark.unit

CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"
WINDOW = "azure-native:containerservice:MaintenanceConfiguration"
GPU = {"size": "Standard_NC24ads_A100_v4", "min": 0, "max": 4}

Record = Callable[..., Any]


def test_further_pools_are_cut_tainted_and_cheap_as_asked(record: Record, ownership: dict[str, str]) -> None:
    """A GPU pool in slices, and a spot pool that Azure takes back: each keeps away what did not ask for it."""
    pools = {
        "slices": {**GPU, "gpu": True, "partition": "MIG3g"},
        "spare": {"size": "Standard_D16s_v5", "min": 0, "max": 20, "spot": True},
    }
    recording = record(build(ownership, pools=pools))
    slices, spare = (recording.one(POOL, f"c-{name}-pool").inputs for name in pools)

    special = ("gpuProfile", "gpuInstanceProfile", "scaleSetPriority", "scaleSetEvictionPolicy", "spotMaxPrice")
    kept = (*special, "nodeTaints", "nodeLabels", "upgradeSettings", "availabilityZones")
    assert {name: slices.get(name) for name in kept} == {
        "gpuProfile": {"driver": "Install"},
        "gpuInstanceProfile": "MIG3g",
        "scaleSetPriority": None,
        "scaleSetEvictionPolicy": None,
        "spotMaxPrice": None,
        "nodeTaints": ["sku=gpu:NoSchedule"],
        "nodeLabels": {"headgate.dev/pool": "slices"},
        "upgradeSettings": {"maxSurge": "33%", "drainTimeoutInMinutes": 30},
        "availabilityZones": ["1", "2", "3"],
    }
    assert {name: spare.get(name) for name in kept} == {
        "gpuProfile": None,
        "gpuInstanceProfile": None,
        "scaleSetPriority": "Spot",
        "scaleSetEvictionPolicy": "Delete",
        "spotMaxPrice": -1,
        "nodeTaints": ["kubernetes.azure.com/scalesetpriority=spot:NoSchedule"],
        "nodeLabels": {"headgate.dev/pool": "spare"},
        "upgradeSettings": None,
        "availabilityZones": ["1", "2", "3"],
    }


def test_a_pool_of_equal_bounds_has_a_fixed_size(record: Record, ownership: dict[str, str]) -> None:
    """No autoscaler, so the count is ours; that is also the step before nodes are made to measure."""
    fixed = {"size": "Standard_D8s_v5", "min": 3, "max": 3}
    pool = record(build(ownership, cpu=fixed)).one(POOL, "c-cpu-pool")

    assert pool.ignored == []
    scaling = ("enableAutoScaling", "count", "minCount", "maxCount")
    assert {name: pool.inputs.get(name) for name in scaling} == {
        "enableAutoScaling": False,
        "count": 3,
        "minCount": None,
        "maxCount": None,
    }


def test_karpenter_leaves_only_the_system_pool(record: Record, ownership: dict[str, str]) -> None:
    """Azure takes no autoscaled pool beside it; its default node pools have no bound, so there are none."""
    recording = record(build(ownership, autoprovisioning=True, gpu=GPU, pools={"more": GPU}))
    cluster = recording.one(CLUSTER).inputs

    assert [each.name for each in recording.resources if each.type == POOL] == ["c-system-pool"]
    assert recording.one(POOL).inputs["enableAutoScaling"] is False
    assert cluster["nodeProvisioningProfile"] == {"mode": "Auto", "defaultNodePools": "None"}
    assert "autoScalerProfile" not in cluster


def test_pools_of_fixed_sizes_stand_beside_karpenter_on_the_way_back(record: Record, ownership: dict[str, str]) -> None:
    """What leaves Karpenter's nodes has where to go, and Azure takes these pools."""
    fixed = {"size": "Standard_D8s_v5", "min": 3, "max": 3}
    recording = record(build(ownership, autoprovisioning=True, fixed_pools=True, cpu=fixed))

    assert {each.name: each.inputs["enableAutoScaling"] for each in recording.resources if each.type == POOL} == {
        "c-system-pool": False,
        "c-cpu-pool": False,
    }
    assert recording.one(CLUSTER).inputs["nodeProvisioningProfile"]["mode"] == "Auto"


def test_patches_and_images_come_in_the_window(record: Record, ownership: dict[str, str]) -> None:
    """Two configurations of the names that AKS knows, both in the same four hours."""
    window = {"day": "Friday", "start": "22:30", "hours": 5, "utc_offset": "+00:00"}
    recording = record(build(ownership, maintenance=window))

    assert [each.inputs for each in recording.resources if each.type == WINDOW] == [
        {
            "configName": name,
            "resourceName": "aks-prod-uaenorth",
            "resourceGroupName": "rg",
            "maintenanceWindow": {
                "schedule": {"weekly": {"dayOfWeek": "Friday", "intervalWeeks": 1}},
                "durationHours": 5,
                "startTime": "22:30",
                "utcOffset": "+00:00",
            },
        }
        for name in ("aksManagedNodeOSUpgradeSchedule", "aksManagedAutoUpgradeSchedule")
    ]


# A change of each argument that may change, and the resources that it touches.
MUTABLE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "the CPU pool's maximum": ({"cpu": {"size": "Standard_D8s_v5", "min": 2, "max": 40}}, {"c-cpu-pool"}),
    "the CPU pool's minimum": ({"cpu": {"size": "Standard_D8s_v5", "min": 5, "max": 10}}, {"c-cpu-pool"}),
    "the system pool's bounds": ({"system": {"size": "Standard_D4s_v5", "min": 3, "max": 6}}, {"c-system-pool"}),
    "the GPU pool's bounds": ({"gpu": {**GPU, "min": 1, "max": 8}}, {"c-gpu-pool"}),
    "a fixed size": ({"cpu": {"size": "Standard_D8s_v5", "min": 2, "max": 2}}, {"c-cpu-pool"}),
    "Kubernetes by one minor": (
        {"kubernetes_version": "1.37"},
        {"c-cluster", "c-system-pool", "c-cpu-pool", "c-gpu-pool"},
    ),
    "the uptime promise": ({"tier": "Premium"}, {"c-cluster"}),
    "the administrators": ({"admin_groups": ["others"]}, {"c-cluster"}),
    "managed Prometheus": ({"metrics": False}, {"c-cluster"}),
    "threat detection": ({"defender": False}, {"c-cluster"}),
    "the log workspace": ({"workspace_id": "/other"}, {"c-cluster", "c-cluster-diagnostics"}),
    "the maintenance window": (
        {"maintenance": {"day": "Friday", "start": "22:00", "hours": 6, "utc_offset": "+04:00"}},
        {"c-upgrades-window", "c-images-window"},
    ),
}


@pytest.mark.parametrize("change", MUTABLE)
def test_what_may_change_changes_in_place(record: Record, ownership: dict[str, str], change: str) -> None:
    """Neither cluster nor pool is replaced, and nothing else is touched."""
    more, touched = MUTABLE[change]

    found = changes(record(build(ownership, gpu=GPU)), record(build(ownership, **{"gpu": GPU, **more})))

    assert found == dict.fromkeys(touched, "update")


def test_tags_change_in_place(record: Record, ownership: dict[str, str]) -> None:
    """A new owner or commit replaces nothing."""
    after = {**ownership, "owner": "others", "commit": "4567def", "data_class": "internal"}

    found = changes(record(build(ownership, gpu=GPU)), record(build(after, gpu=GPU)))

    pools = {f"c-{name}-pool": "update" for name in ("system", "cpu", "gpu")}
    assert found == {"c-cluster": "update", **pools}


@pytest.mark.parametrize(
    "more",
    [
        {"pools": {"more": GPU}},
        {"gpu": {**GPU, "size": "Standard_NC48ads_A100_v4"}},
        {"gpu": {**GPU, "partition": "MIG1g"}},
        {"gpu": {**GPU, "spot": True}},
        {"cpu": {"size": "Standard_D16s_v5", "min": 2, "max": 10}},
    ],
    ids=["a new pool", "another machine", "slices", "spot", "another CPU machine"],
)
def test_another_machine_replaces_its_pool_and_never_the_cluster(
    record: Record, ownership: dict[str, str], more: dict[str, Any]
) -> None:
    """Pools come and go; the cluster does not notice."""
    found = changes(record(build(ownership, gpu=GPU)), record(build(ownership, **{"gpu": GPU, **more})))

    assert "c-cluster" not in found
    assert len(found) == 1


@pytest.mark.parametrize("automatic", [False, True])
def test_every_property_is_one_that_azure_knows(record: Record, ownership: dict[str, str], automatic: bool) -> None:
    """Names, types and closed vocabularies are those of the SDK, with everything asked for."""
    spot = {"size": "Standard_D16s_v5", "min": 0, "max": 20, "spot": True}
    pools = {"slices": {**GPU, "gpu": True, "partition": "MIG3g"}, "spare": spot}
    recording = record(build(ownership, gpu=GPU, pools=pools, autoprovisioning=automatic, network_policy="azure"))

    problems = {
        each.name: [str(problem) for problem in validate(schema_for(resolve(each.type).spec), each.inputs)]
        for each in recording.resources
        if each.type.startswith("azure-native:")
    }

    assert problems == {name: [] for name in problems}


def changes(before: Any, after: Any) -> dict[str, str]:
    """Return what an update would do with each resource, as the provider decides it."""
    old = {each.name: each for each in before.resources if each.type.startswith("azure-native:")}
    new = {each.name: each for each in after.resources if each.type.startswith("azure-native:")}
    found = {name: "create" if name in new else "delete" for name in old.keys() ^ new.keys()}
    for name in old.keys() & new.keys():
        spec = resolve(new[name].type).spec
        ignored = set(new[name].ignored)
        # As the engine does: what is ignored keeps its old value, or its absence.
        kept = {key: value for key, value in old[name].inputs.items() if key in ignored}
        wanted = {key: value for key, value in new[name].inputs.items() if key not in ignored} | kept
        changes = compare(spec, old[name].inputs, wanted)
        if changes:
            found[name] = "replace" if any(change.replace for change in changes) else "update"
    return found
