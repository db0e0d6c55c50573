"""Agent pools: AKS's rules for them, and what it answers. Nodes come from the counterpart.

Owns bounds, machines, core quotas, spot, GPU slices and versions of pools, whether they stand inside a cluster or by
themselves.
"""

from __future__ import annotations

import re
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import key
from headgate.sandbox.azure.machines import check_quota, pool_count, vm_size
from headgate.sandbox.azure.types.kubernetes_versions import full_version, skew, step
from headgate.sandbox.azure.types.spec import Body, NameRule, View

CLUSTER = "Microsoft.ContainerService/managedClusters"
POOL = f"{CLUSTER}/agentPools"
POOL_NAME = NameRule(
    r"[a-z][a-z0-9]{0,11}", "1-12 lower-case letters and digits, starting with a letter", code="InvalidParameter"
)
_SLICED = re.compile(r"Standard_N.*(A100|H100)", re.IGNORECASE)


def pools_of(cluster: Body, view: View) -> list[Body]:
    """Return the agent pools of a cluster, those that are stated inside it included, as pool bodies."""
    separate = [{**pool, "location": cluster["location"]} for pool in view.children(cluster["id"], POOL)]
    named = {pool["name"] for pool in separate}
    inline = [
        {
            "id": f"{cluster['id']}/agentPools/{profile['name']}",
            "name": profile["name"],
            "location": cluster["location"],
            "properties": profile,
        }
        for profile in cluster["properties"].get("agentPoolProfiles") or []
        if profile["name"] not in named
    ]
    return inline + separate


def every_pool(view: View) -> list[Body]:
    """Return every pool of every cluster."""
    return [pool for cluster in view.of_type(CLUSTER) for pool in pools_of(cluster, view)]


def facts(properties: dict[str, Any], cluster_version: str) -> dict[str, Any]:
    """Return what AKS adds to a pool."""
    stated = properties.get("orchestratorVersion")
    return {
        "count": pool_count(properties),
        "currentOrchestratorVersion": full_version(stated) if stated else cluster_version,
        "nodeImageVersion": "AKSUbuntu-2404gen2containerd-202511.01.0",
        "powerState": properties.get("powerState") or {"code": "Running"},
        "provisioningState": "Succeeded",
    }


def outputs(body: Body, view: View) -> dict[str, Any]:
    """Return what AKS answers for a pool that stands by itself."""
    cluster = _cluster_of(body, view)
    version = full_version((cluster or {}).get("properties", {}).get("kubernetesVersion"))
    return {
        **facts(body["properties"], version),
        "type": body["properties"].get("type") or "VirtualMachineScaleSets",
    }


def is_sound(body: Body, old: Body | None, view: View) -> ArmError | None:
    """Refuse a pool whose machine, bounds, version or cost can't be."""
    properties = body["properties"]
    if not properties.get("vmSize"):
        return bad_request("InvalidParameter", "Required parameter vmSize is missing (null).", "vmSize")
    cluster = _cluster_of(body, view)
    if cluster is None:
        return None
    error = (
        bounds(properties, creating=old is None)
        or _hardware(properties)
        or _version(body, old, cluster)
        or _beside_karpenter(body, cluster)
    )
    if error:
        return error
    placed = {**body, "location": cluster["location"]}
    before = [{**old, "location": cluster["location"]}] if old else []
    return check_quota(cluster["location"], [placed], before, every_pool(view))


def bounds(properties: dict[str, Any], creating: bool) -> ArmError | None:
    """Refuse counts that disagree, and machines that Azure does not have.

    An autoscaled pool's count matters when it is made alone: later the autoscaler brings it between new bounds.
    """
    size = properties.get("vmSize")
    if size is not None and vm_size(size) is None:
        return bad_request("InvalidParameter", f"The VM size of {size} is not allowed in your subscription.", "vmSize")
    low, high = properties.get("minCount"), properties.get("maxCount")
    if not properties.get("enableAutoScaling"):
        return None
    if low is None or high is None or not 0 <= low <= high <= 1000:
        return bad_request(
            "InvalidParameter",
            f"minCount {low} and maxCount {high} must be given, with 0 <= minCount <= maxCount.",
            "minCount",
        )
    count = properties.get("count")
    if creating and count is None:
        return bad_request(
            "InvalidParameter", "Required parameter properties.count is missing (null).", "properties.count"
        )
    if creating and not low <= count <= high:
        return bad_request(
            "InvalidParameter",
            f"The count {count} is outside minCount {low} and maxCount {high}.",
            "agentPoolProfile.count",
        )
    return None


def _hardware(properties: dict[str, Any]) -> ArmError | None:
    """Refuse slices of GPUs that have none, and spot machines where AKS takes none."""
    size, slices = properties["vmSize"], properties.get("gpuInstanceProfile")
    if slices and not _SLICED.match(size):
        return bad_request(
            "InvalidParameter", f"GPUInstanceProfile {slices} is not supported on {size}.", "gpuInstanceProfile"
        )
    if properties.get("scaleSetPriority") != "Spot":
        return None
    if properties.get("mode") == "System":
        return bad_request("InvalidParameter", "A system node pool can't have priority Spot.", "scaleSetPriority")
    if (properties.get("upgradeSettings") or {}).get("maxSurge"):
        return bad_request("InvalidParameter", "Spot pools can't set max surge.", "agentPoolProfile.upgrade.maxSurge")
    return None


def _version(body: Body, old: Body | None, cluster: Body) -> ArmError | None:
    asked = body["properties"].get("orchestratorVersion")
    if asked is None:
        return None
    before = old["properties"].get("orchestratorVersion") if old else None
    stepped = step(before, asked, "orchestratorVersion") if before else None
    return stepped or skew(cluster["properties"].get("kubernetesVersion"), asked, body["name"])


def provisioned(cluster: Body) -> bool:
    """Say whether Karpenter makes a cluster's nodes."""
    return (cluster["properties"].get("nodeProvisioningProfile") or {}).get("mode") == "Auto"


def _beside_karpenter(body: Body, cluster: Body) -> ArmError | None:
    if not (provisioned(cluster) and body["properties"].get("enableAutoScaling")):
        return None
    return bad_request(
        "InvalidParameter",
        f"Cluster autoscaler can't be enabled on agent pool '{body['name']}': node auto-provisioning is enabled on the "
        "managed cluster.",
        "enableAutoScaling",
    )


def last_system_pool(pool: Body, view: View) -> ArmError | None:
    """Return the refusal to delete a cluster's last system pool."""
    cluster = _cluster_of(pool, view)
    if cluster is None or pool["properties"].get("mode") != "System":
        return None
    rest = [item for item in pools_of(cluster, view) if key(item["id"]) != key(pool["id"])]
    if any(item["properties"].get("mode") == "System" for item in rest):
        return None
    return bad_request("OperationNotAllowed", "There has to be at least one system agent pool.")


def _cluster_of(pool: Body, view: View) -> Body | None:
    return view.get(pool["id"].rsplit("/agentPools/", 1)[0])
