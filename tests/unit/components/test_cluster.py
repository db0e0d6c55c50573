"""ServingCluster: a private cluster whose pools are resources of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import ServingCluster

pytestmark = pytest.mark.unit

IDENTITY = {"id": "/id", "client_id": "client", "principal_id": "principal"}


def args(ownership: dict[str, str], **more: Any) -> Any:
    """Return what a cluster needs at least."""
    return {
        "ownership": ownership,
        "resource_group": "rg",
        "region": "uaenorth",
        "zones": ["1", "2", "3"],
        "subnet_id": "/vnet/subnets/nodes",
        "network_id": "/subscriptions/s/vnet",
        "registry_id": "/subscriptions/s/registry",
        "control_identity": {**IDENTITY, "id": "/control"},
        "node_identity": {**IDENTITY, "id": "/nodes"},
        "tenant_id": "tenant",
        "admin_groups": ["group"],
        "workspace_id": "/logs",
        "kubernetes_version": "1.36",
        "system": {"size": "Standard_D4s_v5", "min": 2, "max": 4},
        "cpu": {"size": "Standard_D8s_v5", "min": 2, "max": 10},
        **more,
    }


def build(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one cluster."""

    def program() -> dict[str, Any]:
        cluster = ServingCluster("c", args(ownership, **more))
        return {"kubeconfig": cluster.kubeconfig, "name": cluster.cluster_name, "nodes": cluster.node_resource_group}

    return program


def test_defaults_make_a_cluster_its_rights_and_two_pools(record: Any, ownership: dict[str, str]) -> None:
    """Children take the component's name and a fixed suffix."""
    recording = record(build(ownership))

    assert recording.children() == {
        "c-network-grant": "azure-native:authorization:RoleAssignment",
        "c-node-identity-grant": "azure-native:authorization:RoleAssignment",
        "c-pull-grant": "azure-native:authorization:RoleAssignment",
        "c-cluster": "azure-native:containerservice:ManagedCluster",
        "c-system-pool": "azure-native:containerservice:AgentPool",
        "c-cpu-pool": "azure-native:containerservice:AgentPool",
        "c-upgrades-window": "azure-native:containerservice:MaintenanceConfiguration",
        "c-images-window": "azure-native:containerservice:MaintenanceConfiguration",
        "c-cluster-diagnostics": "azure-native:monitor:DiagnosticSetting",
    }
    assert {each.parent for each in recording.resources if each.name != "c"} == {"c"}
    assert recording.outputs == {
        "kubeconfig": "kubeconfig of aks-prod-uaenorth",
        "name": "aks-prod-uaenorth",
        "nodes": "rg-headgate-prod-uaenorth-nodes",
    }


def test_a_right_goes_before_it_is_given_anew(record: Any, ownership: dict[str, str]) -> None:
    """Azure refuses the same right under another id while the first stands: an upgrade would end there."""
    rights = [each for each in record(build(ownership)).resources if each.type.endswith(":RoleAssignment")]

    assert [each.deleted_first for each in rights] == [True, True, True]


def test_hardened_is_the_default(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """The whole cluster, as it is asked for."""
    cluster = record(build(ownership)).one("azure-native:containerservice:ManagedCluster")

    assert cluster.protect
    assert cluster.ignored == ["agentPoolProfiles"]
    assert cluster.inputs == {
        "resourceName": "aks-prod-uaenorth",
        "resourceGroupName": "rg",
        "location": "uaenorth",
        "nodeResourceGroup": "rg-headgate-prod-uaenorth-nodes",
        "dnsPrefix": "aks-prod-uaenorth",
        "kubernetesVersion": "1.36",
        "sku": {"name": "Base", "tier": "Standard"},
        "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/control"]},
        "identityProfile": {"kubeletidentity": {"resourceId": "/nodes", "clientId": "client", "objectId": "principal"}},
        "agentPoolProfiles": [
            {
                "name": "boot",
                "mode": "System",
                "type": "VirtualMachineScaleSets",
                "count": 1,
                "vmSize": "Standard_D4s_v5",
                "osType": "Linux",
                "osSKU": "AzureLinux",
                "vnetSubnetID": "/vnet/subnets/nodes",
                "availabilityZones": ["1", "2", "3"],
                "nodeTaints": ["CriticalAddonsOnly=true:NoSchedule"],
                "enableEncryptionAtHost": True,
            }
        ],
        "tags": tags,
        "disableLocalAccounts": True,
        "enableRBAC": True,
        "aadProfile": {
            "managed": True,
            "enableAzureRBAC": True,
            "tenantID": "tenant",
            "adminGroupObjectIDs": ["group"],
        },
        "apiServerAccessProfile": {
            "enablePrivateCluster": True,
            "enablePrivateClusterPublicFQDN": False,
            "privateDNSZone": "system",
            "disableRunCommand": True,
        },
        "oidcIssuerProfile": {"enabled": True},
        "networkProfile": {
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "networkPolicy": "cilium",
            "networkDataplane": "cilium",
            "loadBalancerSku": "standard",
            "outboundType": "loadBalancer",
            "podCidr": "100.64.0.0/14",
            "serviceCidr": "172.16.0.0/16",
            "dnsServiceIP": "172.16.0.10",
        },
        "securityProfile": {
            "workloadIdentity": {"enabled": True},
            "imageCleaner": {"enabled": True, "intervalHours": 48},
            "defender": {
                "logAnalyticsWorkspaceResourceId": "/logs",
                "securityMonitoring": {"enabled": True},
            },
        },
        "azureMonitorProfile": {"metrics": {"enabled": True}},
        "nodeProvisioningProfile": {"mode": "Manual"},
        "autoScalerProfile": {
            "balanceSimilarNodeGroups": "true",
            "expander": "least-waste",
            "maxNodeProvisionTime": "15m",
            "scaleDownUnneededTime": "10m",
        },
        "autoUpgradeProfile": {"upgradeChannel": "patch", "nodeOSUpgradeChannel": "NodeImage"},
        "addonProfiles": {
            "azureKeyvaultSecretsProvider": {"enabled": True, "config": {"enableSecretRotation": "true"}}
        },
    }


def test_max_adds_a_tainted_gpu_pool_that_may_be_empty(
    record: Any, ownership: dict[str, str], tags: dict[str, str]
) -> None:
    """The autoscaler's count is left alone; the bounds are ours."""
    gpu = {"size": "Standard_NC24ads_A100_v4", "min": 0, "max": 4}
    recording = record(build(ownership, gpu=gpu, tier="Premium", protect=False, zones=[]))

    pool = recording.one("azure-native:containerservice:AgentPool", "c-gpu-pool")
    assert pool.ignored == ["count"]
    assert pool.inputs == {
        "agentPoolName": "gpu",
        "resourceName": "aks-prod-uaenorth",
        "resourceGroupName": "rg",
        "mode": "User",
        "type": "VirtualMachineScaleSets",
        "vmSize": "Standard_NC24ads_A100_v4",
        "enableAutoScaling": True,
        "count": 0,
        "minCount": 0,
        "maxCount": 4,
        "osType": "Linux",
        "osSKU": "AzureLinux",
        "enableEncryptionAtHost": True,
        "enableNodePublicIP": False,
        "orchestratorVersion": "1.36",
        "vnetSubnetID": "/vnet/subnets/nodes",
        "nodeTaints": ["sku=gpu:NoSchedule"],
        "nodeLabels": {"headgate.dev/pool": "gpu"},
        "gpuProfile": {"driver": "Install"},
        "upgradeSettings": {"maxSurge": "33%", "drainTimeoutInMinutes": 30},
        "tags": tags,
    }
    cluster = recording.one("azure-native:containerservice:ManagedCluster")
    assert (cluster.protect, cluster.inputs["sku"]["tier"]) == (False, "Premium")


def test_keda_is_an_add_on_that_is_asked_for(record: Any, ownership: dict[str, str]) -> None:
    """A cluster without it says nothing of it, so that one that stands is left as it is."""
    kind = "azure-native:containerservice:ManagedCluster"
    without = record(build(ownership)).one(kind).inputs
    has = record(build(ownership, event_scaling=True)).one(kind).inputs

    assert has == {**without, "workloadAutoScalerProfile": {"keda": {"enabled": True}}}


def test_rights_are_one_role_on_one_resource(record: Any, ownership: dict[str, str]) -> None:
    """No role on a group or subscription, and ids that never change."""
    grants = [
        (each.inputs["scope"], each.inputs["principalId"], each.inputs["roleDefinitionId"].rpartition("/")[2])
        for each in record(build(ownership)).resources
        if each.type == "azure-native:authorization:RoleAssignment"
    ]

    assert sorted(grants) == [
        ("/nodes", "principal", "f1a07417-d97a-45cb-824c-7a7467783830"),
        ("/subscriptions/s/registry", "principal", "7f951dda-4ed3-4680-a7ca-43fe172d538d"),
        ("/subscriptions/s/vnet", "principal", "4d97b98b-1d4f-4787-a291-c67834d212e7"),
    ]


def test_the_component_keeps_its_args_for_policies(record: Any, ownership: dict[str, str]) -> None:
    """A rule can judge the intent, not only the leaves."""
    component = record(build(ownership)).one("headgate:index:ServingCluster")

    assert component.inputs["region"] == "uaenorth"
    assert component.inputs["ownership"] == ownership
