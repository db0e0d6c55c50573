"""A private cluster with a system pool and one for models; what is deployed into it takes its client configuration."""

import pulumi

from components.catalog import ServingCluster
from components.contract.cluster import WorkloadIdentity
from components.contract.ownership import Ownership

OWNERSHIP: Ownership = {
    "team": "platform",
    "owner": "ml-platform",
    "environment": "dev",
    "cost_center": "ml",
    "data_class": "internal",
    "commit": "0123abc",
    "change": "CHG-7",
}


def identity(purpose: str) -> WorkloadIdentity:
    """Return an identity that exists; PlatformFoundation makes them."""
    name = f"/subscriptions/…/userAssignedIdentities/id-dev-uaenorth-{purpose}"
    return {"id": name, "client_id": f"{purpose}-client", "principal_id": f"{purpose}-principal"}


cluster = ServingCluster(
    "cluster-uaenorth",
    {
        "ownership": OWNERSHIP,
        "resource_group": "rg-headgate-dev-uaenorth",
        "region": "uaenorth",
        "zones": ["1", "2", "3"],
        "subnet_id": "/subscriptions/…/virtualNetworks/vnet-dev-uaenorth/subnets/nodes",
        "network_id": "/subscriptions/…/virtualNetworks/vnet-dev-uaenorth",
        "registry_id": "/subscriptions/…/registries/hgplatformdev",
        "control_identity": identity("cluster"),
        "node_identity": identity("nodes"),
        "tenant_id": "11111111-1111-4111-8111-111111111111",
        "admin_groups": ["22222222-2222-4222-8222-222222222222"],
        "workspace_id": "/subscriptions/…/workspaces/log-headgate-dev",
        "kubernetes_version": "1.36",
        "system": {"size": "Standard_D4ds_v5", "min": 2, "max": 4},
        "cpu": {"size": "Standard_D8ds_v5", "min": 2, "max": 10},
    },
)
pulumi.export("kubeconfig", cluster.kubeconfig)
