"""Managed clusters and agent pools: a real control plane and simulated nodes, by their counterparts.

Owns what AKS answers: addresses, identities, versions, pool rules, core quotas. Kubeconfigs come from the counterpart.
"""

from __future__ import annotations

import base64
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import TENANT_ID, group_id, group_of, key, stable_uuid
from headgate.sandbox.azure.machines import check_quota, pool_count, vm_size
from headgate.sandbox.azure.types.spec import Body, LocationKind, NameRule, TypeSpec, View, in_group

CLUSTER = "Microsoft.ContainerService/managedClusters"
POOL = f"{CLUSTER}/agentPools"
DEFAULT_VERSION = "1.36"
_PATH = CLUSTER + "/{resourceName}"
_POOL_NAME = NameRule(
    r"[a-z][a-z0-9]{0,11}", "1-12 lower-case letters and digits, starting with a letter", code="InvalidParameter"
)
_VERSIONS = ("1.33", "1.34", "1.35", "1.36")


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


def full_version(version: str | None) -> str:
    """Return the patch version that AKS resolves an alias to."""
    asked = version or DEFAULT_VERSION
    return asked if asked.count(".") == 2 else {"1.36": "1.36.3"}.get(asked, f"{asked}.4")


def _cluster(body: Body, view: View) -> dict[str, Any]:
    properties, name, home = body["properties"], body["name"], body["location"]
    label = f"{properties.get('dnsPrefix') or name}-{stable_uuid('aks', body['id'])[:8]}"
    private = (properties.get("apiServerAccessProfile") or {}).get("enablePrivateCluster")
    version = full_version(properties.get("kubernetesVersion"))
    found: dict[str, Any] = {
        "currentKubernetesVersion": version,
        "kubernetesVersion": properties.get("kubernetesVersion") or DEFAULT_VERSION,
        "fqdn": f"{label}.hcp.{home}.azmk8s.io",
        "azurePortalFQDN": f"{label}.portal.hcp.{home}.azmk8s.io",
        "nodeResourceGroup": properties.get("nodeResourceGroup") or f"MC_{group_of(body['id'])}_{name}_{home}",
        "maxAgentPools": 100,
        "powerState": {"code": "Running"},
        "resourceUID": stable_uuid("uid", body["id"]).replace("-", ""),
        "identityProfile": properties.get("identityProfile") or _kubelet_identity(body),
    }
    if private:
        found["privateFQDN"] = f"{label}.{stable_uuid('zone', body['id'])}.privatelink.{home}.azmk8s.io"
    if (properties.get("oidcIssuerProfile") or {}).get("enabled"):
        issuer = f"https://{home}.oic.prod-aks.azure.com/{TENANT_ID}/{stable_uuid('issuer', body['id'])}/"
        found["oidcIssuerProfile"] = {"enabled": True, "issuerURL": issuer}
    found["agentPoolProfiles"] = [_profile(pool, version) for pool in pools_of(body, view)]
    return found


def _kubelet_identity(body: Body) -> dict[str, Any]:
    name = f"{body['name']}-agentpool"
    group = (
        body["properties"].get("nodeResourceGroup") or f"MC_{group_of(body['id'])}_{body['name']}_{body['location']}"
    )
    arm_id = f"{group_id(group)}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
    return {
        "kubeletidentity": {
            "resourceId": arm_id,
            "clientId": stable_uuid("client", arm_id),
            "objectId": stable_uuid("principal", arm_id),
        }
    }


def _profile(pool: Body, version: str) -> dict[str, Any]:
    return {**pool["properties"], "name": pool["name"], **_pool_facts(pool["properties"], version)}


def _pool_facts(properties: dict[str, Any], version: str) -> dict[str, Any]:
    return {
        "count": pool_count(properties),
        "currentOrchestratorVersion": version,
        "nodeImageVersion": "AKSUbuntu-2404gen2containerd-202511.01.0",
        "powerState": properties.get("powerState") or {"code": "Running"},
        "provisioningState": "Succeeded",
    }


def _pool(body: Body, view: View) -> dict[str, Any]:
    cluster = view.get(body["id"].rsplit("/agentPools/", 1)[0])
    version = (cluster or {}).get("properties", {}).get("currentKubernetesVersion", full_version(None))
    return {
        **_pool_facts(body["properties"], version),
        "type": body["properties"].get("type") or "VirtualMachineScaleSets",
    }


def _has_system_pool(body: Body, old: Body | None, view: View) -> ArmError | None:
    stated = [profile.get("mode") for profile in body["properties"].get("agentPoolProfiles") or []]
    if "System" in stated or (old is not None and view.children(body["id"], POOL)):
        return None
    return bad_request("InvalidParameter", "There has to be at least one system agent pool.", "agentPoolProfiles")


def _version_offered(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    version = body["properties"].get("kubernetesVersion")
    if version is None or ".".join(version.split(".")[:2]) in _VERSIONS:
        return None
    return bad_request(
        "K8sVersionNotSupported",
        f"Managed cluster {body['name']} is on version {version}, which is not supported in this region. "
        f"Supported: {', '.join(_VERSIONS)}.",
        "kubernetesVersion",
    )


def _identity_given(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    if body.get("identity") or body["properties"].get("servicePrincipalProfile"):
        return None
    return bad_request("InvalidParameter", "Required parameter servicePrincipalProfile or identity is missing (null).")


def _inline_pools_are_sound(body: Body, old: Body | None, view: View) -> ArmError | None:
    for profile in body["properties"].get("agentPoolProfiles") or []:
        if not _POOL_NAME.accepts(profile.get("name", "")):
            message = f"The value of parameter agentPoolProfile.name is invalid: '{profile.get('name')}' must be {{}}."
            return bad_request("InvalidParameter", message.format(_POOL_NAME.text), "agentPoolProfile.name")
        error = _bounds(profile)
        if error:
            return error
    before = pools_of(old, view) if old else []
    return check_quota(body["location"], pools_of(body, view), before, _every_pool(view))


def _every_pool(view: View) -> list[Body]:
    return [pool for cluster in view.of_type(CLUSTER) for pool in pools_of(cluster, view)]


def _pool_is_sound(body: Body, old: Body | None, view: View) -> ArmError | None:
    if not body["properties"].get("vmSize"):
        return bad_request("InvalidParameter", "Required parameter vmSize is missing (null).", "vmSize")
    cluster = view.get(body["id"].rsplit("/agentPools/", 1)[0])
    if cluster is None:
        return None
    error = _bounds(body["properties"])
    if error:
        return error
    placed = {**body, "location": cluster["location"]}
    before = [{**old, "location": cluster["location"]}] if old else []
    return check_quota(cluster["location"], [placed], before, _every_pool(view))


def _bounds(properties: dict[str, Any]) -> ArmError | None:
    """Refuse counts that disagree, and machines that Azure does not have."""
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
    if count is not None and not low <= count <= high:
        return bad_request(
            "InvalidParameter",
            f"The count {count} is outside minCount {low} and maxCount {high}.",
            "agentPoolProfile.count",
        )
    return None


def last_system_pool(pool: Body, view: View) -> ArmError | None:
    """Return the refusal to delete a cluster's last system pool."""
    cluster = view.get(pool["id"].rsplit("/agentPools/", 1)[0])
    if cluster is None or pool["properties"].get("mode") != "System":
        return None
    rest = [item for item in pools_of(cluster, view) if key(item["id"]) != key(pool["id"])]
    if any(item["properties"].get("mode") == "System" for item in rest):
        return None
    return bad_request("OperationNotAllowed", "There has to be at least one system agent pool.")


def _paper_credential(body: Body, _view: View, _asked: Body) -> Body:
    """Where no control plane stands behind a cluster, the kubeconfig leads nowhere, and says where it would."""
    server = f"https://{body['properties'].get('privateFQDN') or body['properties']['fqdn']}:443"
    text = (
        "apiVersion: v1\nkind: Config\ncurrent-context: none\n"
        f"clusters: [{{name: {body['name']}, cluster: {{server: '{server}'}}}}]\n"
        f"contexts: [{{name: none, context: {{cluster: {body['name']}, user: none}}}}]\n"
        "users: [{name: none, user: {}}]\n"
    )
    return {"kubeconfigs": [{"name": "clusterUser", "value": base64.b64encode(text.encode()).decode()}]}


def _node_group(body: Body, view: View) -> list[Body]:
    """AKS makes a resource group for the nodes, and owns it."""
    name = _cluster(body, view)["nodeResourceGroup"]
    return [
        {
            "id": group_id(name),
            "name": name,
            "type": "Microsoft.Resources/resourceGroups",
            "location": body["location"],
            "managedBy": body["id"],
            "properties": {"provisioningState": "Succeeded"},
            "systemData": body["systemData"],
        }
    ]


_CLUSTER_NETWORK = (
    "serviceCidr", "serviceCidrs", "podCidrs", "dnsServiceIP", "networkMode", "networkPlugin", "networkPluginMode",
    "podCidr", "networkDataplane", "networkPolicy", "outboundType", "ipFamilies",
)  # fmt: skip

TYPES = (
    TypeSpec(
        "containerservice:ManagedCluster",
        in_group(_PATH),
        NameRule(r"[a-zA-Z0-9]([-\w]{0,61}[a-zA-Z0-9])?", "1-63 letters, digits, '-' and '_', not at the ends"),
        replaces=(
            "location",
            "dnsPrefix",
            "fqdnSubdomain",
            "diskEncryptionSetID",
            "linuxProfile",
            "windowsProfile",
            "nodeResourceGroup",
            *(f"networkProfile.{name}" for name in _CLUSTER_NETWORK),
        ),
        seconds=200,
        outputs=_cluster,
        rules=(_identity_given, _has_system_pool, _version_offered, _inline_pools_are_sound),
        actions={"listClusterUserCredential": _paper_credential},
        companions=_node_group,
        apart=("agentPoolProfiles",),
    ),
    TypeSpec(
        "containerservice:AgentPool",
        in_group(_PATH + "/agentPools/{agentPoolName}"),
        _POOL_NAME,
        location=LocationKind.NONE,
        replaces=("vmSize", "gpuInstanceProfile", "networkProfile.nodePublicIPTags"),
        refuses=(
            "osType",
            "osDiskSizeGB",
            "osDiskType",
            "maxPods",
            "vnetSubnetID",
            "availabilityZones",
            "gpuProfile.driver",
        ),
        seconds=90,
        outputs=_pool,
        rules=(_pool_is_sound,),
        deletion_rules=(last_system_pool,),
        in_properties=("type",),
    ),
    TypeSpec(
        "containerservice:MaintenanceConfiguration",
        in_group(_PATH + "/maintenanceConfigurations/{configName}"),
        location=LocationKind.NONE,
        has_state=False,
    ),
)
