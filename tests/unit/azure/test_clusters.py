"""What AKS refuses of clusters and pools: versions, nodes that can't be, windows; and what it lets pass."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.types.kubernetes_versions import full_version
from tests.unit.azure.conftest import PROVIDERS, Azure

pytestmark = pytest.mark.unit

CLUSTER = f"{PROVIDERS}/Microsoft.ContainerService/managedClusters/aks"
POOL = f"{CLUSTER}/agentPools/cpu"
CPU = {"vmSize": "Standard_D4s_v5", "mode": "User", "enableAutoScaling": True, "count": 1, "minCount": 1, "maxCount": 3}


def cluster(version: str = "1.35", **properties: Any) -> dict[str, Any]:
    """Return a cluster of one inline pool."""
    boot = {"name": "boot", "mode": "System", "vmSize": "Standard_D4s_v5", "count": 1}
    return {
        "location": "uaenorth",
        "identity": {"type": "SystemAssigned"},
        "properties": {"dnsPrefix": "x", "kubernetesVersion": version, "agentPoolProfiles": [boot], **properties},
    }


def pool(**properties: Any) -> dict[str, Any]:
    """Return a pool of its own."""
    return {"properties": {**CPU, **properties}}


def refusal(azure: Azure, arm_id: str, body: dict[str, Any]) -> ArmError | None:
    """Return why a write is refused, or nothing."""
    try:
        azure.put(arm_id, body)
    except ArmError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        ("1.35", "1.35", None),
        ("1.35", "1.36", None),
        ("1.35.4", "1.35", None),
        ("1.36.2", "1.36", None),
        ("1.36", "1.36.3", None),
        (
            "1.35",
            "1.37",
            "Upgrades from kubernetes version 1.35.4 to 1.37.1 are not allowed. Available upgrades: 1.36.3.",
        ),
        ("1.36", "1.35", "Downgrading Kubernetes version from 1.36.3 to 1.35.4 is not allowed."),
        ("1.36.3", "1.36.2", "Downgrading Kubernetes version from 1.36.3 to 1.36.2 is not allowed."),
        ("1.35", "1.50", "Managed cluster aks is on version 1.50, which is not supported in this region."),
    ],
)
def test_versions_go_up_one_minor_at_a_time(azure: Azure, before: str, after: str, refused: str | None) -> None:
    """Skipping a minor and going down are refused with Azure's words; patches and aliases pass."""
    azure.put(CLUSTER, cluster(before))

    error = refusal(azure, CLUSTER, cluster(after))

    assert (error and error.message[: len(refused or "")]) == refused


def test_nodes_follow_their_control_plane(azure: Azure) -> None:
    """Never ahead of it, at most two minors behind, and never down."""
    azure.put(CLUSTER, cluster("1.34"))
    ahead = refusal(azure, POOL, pool(orchestratorVersion="1.35"))
    azure.put(POOL, pool(orchestratorVersion="1.34"))
    azure.put(CLUSTER, cluster("1.35"))
    azure.put(CLUSTER, cluster("1.36"))
    too_far = refusal(azure, CLUSTER, cluster("1.37"))
    azure.put(POOL, pool(orchestratorVersion="1.35"))
    down = refusal(azure, POOL, pool(orchestratorVersion="1.34"))

    assert [error and error.code for error in (ahead, too_far, down)] == [
        "NodePoolMcVersionIncompatible",
        "NodePoolMcVersionIncompatible",
        "OperationNotAllowed",
    ]
    assert azure.get(POOL)["properties"]["currentOrchestratorVersion"] == full_version("1.35")


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"count": None}, "Required parameter properties.count is missing (null)."),
        ({"count": 9}, "The count 9 is outside minCount 1 and maxCount 3."),
        ({"gpuInstanceProfile": "MIG1g"}, "GPUInstanceProfile MIG1g is not supported on Standard_D4s_v5."),
        ({"scaleSetPriority": "Spot", "mode": "System"}, "A system node pool can't have priority Spot."),
        ({"scaleSetPriority": "Spot", "upgradeSettings": {"maxSurge": "33%"}}, "Spot pools can't set max surge."),
    ],
)
def test_a_pool_that_can_not_be_is_refused(azure: Azure, properties: dict[str, Any], message: str) -> None:
    """Counts, slices and spot machines have Azure's limits."""
    azure.put(CLUSTER, cluster())
    body = pool(**properties)
    body["properties"] = {key: value for key, value in body["properties"].items() if value is not None}

    error = refusal(azure, POOL, body)

    assert error is not None
    assert error.message == message


def test_new_bounds_are_taken_whatever_the_first_count_was(azure: Azure) -> None:
    """An autoscaled pool's count is the autoscaler's: a minimum above it is reached, not refused."""
    azure.put(CLUSTER, cluster())
    azure.put(POOL, pool())

    assert refusal(azure, POOL, pool(minCount=2)) is None
    assert azure.get(POOL)["properties"]["count"] == 2


def test_a_quota_that_is_used_up_is_reported(azure: Azure) -> None:
    """The family, the region, the limit and what more is needed: at once, and nothing is half made."""
    azure.put(CLUSTER, cluster())

    error = refusal(azure, POOL, pool(vmSize="Standard_ND96isr_H100_v5"))

    assert error is not None
    assert (error.status, error.code) == (409, "QuotaExceeded")
    assert "standardNDSH100v5Family Cores quota" in error.message
    assert "Current Limit: 0" in error.message
    assert POOL.removeprefix(PROVIDERS) not in azure.ids()


def test_karpenter_and_the_autoscaler_exclude_each_other(azure: Azure) -> None:
    """In either order, with the pool's name; pools of a fixed size stay."""
    automatic = cluster(nodeProvisioningProfile={"mode": "Auto"})
    azure.put(CLUSTER, cluster())
    azure.put(POOL, pool())
    enabling = refusal(azure, CLUSTER, automatic)
    fixed = {"properties": {"vmSize": "Standard_D4s_v5", "mode": "User", "count": 1}}
    azure.put(POOL, fixed)
    azure.put(CLUSTER, automatic)
    scaling = refusal(azure, POOL, pool())

    assert [error and error.target for error in (enabling, scaling)] == [
        "nodeProvisioningProfile.mode",
        "enableAutoScaling",
    ]
    assert enabling is not None
    assert "agent pools cpu" in enabling.message


def test_policies_need_the_data_plane_of_their_engine(azure: Azure) -> None:
    """Cilium's policies without Cilium would be kept and never enforced."""
    error = refusal(azure, CLUSTER, cluster(networkProfile={"networkPolicy": "cilium", "networkDataplane": "azure"}))

    assert error is not None
    assert error.code == "InvalidNetworkPolicy"


@pytest.mark.parametrize(("name", "hours"), [("aksManagedAutoUpgradeSchedule", 2), ("sundays", 4)])
def test_a_window_has_a_known_name_and_four_hours(azure: Azure, name: str, hours: int) -> None:
    """Azure ignores no window: it refuses one that it does not know."""
    azure.put(CLUSTER, cluster())
    schedule = {"weekly": {"dayOfWeek": "Sunday", "intervalWeeks": 1}}
    window = {"schedule": schedule, "durationHours": hours, "startTime": "01:00"}

    error = refusal(azure, f"{CLUSTER}/maintenanceConfigurations/{name}", {"properties": {"maintenanceWindow": window}})

    assert error is not None
    assert error.code == "InvalidParameter"
