"""Managed clusters and agent pools: a real control plane and simulated nodes, by their counterparts.

Owns what AKS answers: addresses, identities, versions, pool rules, core quotas. Kubeconfigs come from the counterpart.
"""

from __future__ import annotations

import base64
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import TENANT_ID, group_id, group_of, stable_uuid
from headgate.sandbox.azure.machines import check_quota
from headgate.sandbox.azure.types import agent_pools
from headgate.sandbox.azure.types import kubernetes_versions as versions
from headgate.sandbox.azure.types.agent_pools import CLUSTER, POOL, POOL_NAME, pools_of
from headgate.sandbox.azure.types.spec import Body, LocationKind, NameRule, TypeSpec, View, in_group

__all__ = ["CLUSTER", "POOL", "TYPES", "pools_of"]

_PATH = CLUSTER + "/{resourceName}"
_SCHEDULES = ("default", "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule")


def _cluster(body: Body, view: View) -> dict[str, Any]:
    properties, name, home = body["properties"], body["name"], body["location"]
    label = f"{properties.get('dnsPrefix') or name}-{stable_uuid('aks', body['id'])[:8]}"
    private = (properties.get("apiServerAccessProfile") or {}).get("enablePrivateCluster")
    version = versions.full_version(properties.get("kubernetesVersion"))
    found: dict[str, Any] = {
        "currentKubernetesVersion": version,
        "kubernetesVersion": properties.get("kubernetesVersion") or versions.DEFAULT_VERSION,
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
    return {**pool["properties"], "name": pool["name"], **agent_pools.facts(pool["properties"], version)}


def _has_system_pool(body: Body, old: Body | None, view: View) -> ArmError | None:
    stated = [profile.get("mode") for profile in body["properties"].get("agentPoolProfiles") or []]
    if "System" in stated or (old is not None and view.children(body["id"], POOL)):
        return None
    return bad_request("InvalidParameter", "There has to be at least one system agent pool.", "agentPoolProfiles")


def _version_allowed(body: Body, old: Body | None, view: View) -> ArmError | None:
    """Refuse a version that is not offered, or that this cluster can't go to."""
    asked = body["properties"].get("kubernetesVersion")
    refusal = versions.is_offered(body["name"], asked)
    if refusal is not None or old is None:
        return refusal
    return versions.step(old["properties"].get("kubernetesVersion"), asked, "kubernetesVersion") or (
        versions.pools_behind(asked, view.children(body["id"], POOL))
    )


def _network_is_sound(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse policies by an engine that does not carry the pods' traffic."""
    profile = body["properties"].get("networkProfile") or {}
    if (profile.get("networkPolicy") == "cilium") == (profile.get("networkDataplane") == "cilium"):
        return None
    return bad_request(
        "InvalidNetworkPolicy",
        f"networkPolicy {profile.get('networkPolicy')} does not go with networkDataplane "
        f"{profile.get('networkDataplane')}: Cilium's policies need its data plane, and it takes no others.",
        "networkProfile.networkPolicy",
    )


def _karpenter_alone(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse node auto-provisioning beside pools that scale themselves."""
    scaled = [pool["name"] for pool in pools_of(body, view) if pool["properties"].get("enableAutoScaling")]
    if not (agent_pools.provisioned(body) and scaled):
        return None
    return bad_request(
        "InvalidParameter",
        "Node auto-provisioning can't be enabled: the cluster autoscaler is enabled on agent pools "
        f"{', '.join(sorted(scaled))}.",
        "nodeProvisioningProfile.mode",
    )


def _window_is_sound(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse a window of a name that AKS does not know, or too short a one."""
    if body["name"] not in _SCHEDULES:
        return bad_request(
            "InvalidParameter",
            f"The maintenance configuration '{body['name']}' must be one of {', '.join(_SCHEDULES)}.",
            "configName",
        )
    window = body["properties"].get("maintenanceWindow")
    if body["name"] != "default" and not (window and 4 <= int(window.get("durationHours") or 24) <= 24):
        return bad_request("InvalidParameter", "maintenanceWindow.durationHours must be 4 to 24.", "maintenanceWindow")
    return None


def _identity_given(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    if body.get("identity") or body["properties"].get("servicePrincipalProfile"):
        return None
    return bad_request("InvalidParameter", "Required parameter servicePrincipalProfile or identity is missing (null).")


def _inline_pools_are_sound(body: Body, old: Body | None, view: View) -> ArmError | None:
    for profile in body["properties"].get("agentPoolProfiles") or []:
        if not POOL_NAME.accepts(profile.get("name", "")):
            message = f"The value of parameter agentPoolProfile.name is invalid: '{profile.get('name')}' must be {{}}."
            return bad_request("InvalidParameter", message.format(POOL_NAME.text), "agentPoolProfile.name")
        error = agent_pools.bounds(profile, creating=old is None)
        if error:
            return error
    before = pools_of(old, view) if old else []
    return check_quota(body["location"], pools_of(body, view), before, agent_pools.every_pool(view))


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
        rules=(
            _identity_given,
            _has_system_pool,
            _version_allowed,
            _network_is_sound,
            _karpenter_alone,
            _inline_pools_are_sound,
        ),
        actions={"listClusterUserCredential": _paper_credential},
        companions=_node_group,
        apart=("agentPoolProfiles",),
    ),
    TypeSpec(
        "containerservice:AgentPool",
        in_group(_PATH + "/agentPools/{agentPoolName}"),
        POOL_NAME,
        location=LocationKind.NONE,
        replaces=("vmSize", "gpuInstanceProfile", "scaleSetPriority", "networkProfile.nodePublicIPTags"),
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
        outputs=agent_pools.outputs,
        rules=(agent_pools.is_sound,),
        deletion_rules=(agent_pools.last_system_pool,),
        in_properties=("type",),
    ),
    TypeSpec(
        "containerservice:MaintenanceConfiguration",
        in_group(_PATH + "/maintenanceConfigurations/{configName}"),
        location=LocationKind.NONE,
        rules=(_window_is_sound,),
        has_state=False,
    ),
)
