"""Nodes that come when pods wait and go when they idle: up to 64 CPUs, and up to four GPUs."""

import pulumi

from components.catalog import NodeProvisioning, connect
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

cluster = connect("cluster-uaenorth", pulumi.Output.secret("the kubeconfig that ServingCluster gives"))
nodes = NodeProvisioning(
    "nodes-uaenorth",
    {
        "ownership": OWNERSHIP,
        "node_class": {
            "api_version": "karpenter.azure.com/v1beta1",
            "kind": "AKSNodeClass",
            "settings": {"imageFamily": "AzureLinux"},
        },
        "cpu": {"sizes": ["Standard_D4s_v5", "Standard_D8s_v5"], "max_cpus": 64},
        "gpu": {"sizes": ["Standard_NC24ads_A100_v4"], "max_cpus": 96, "max_gpus": 4},
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
pulumi.export("pools", nodes.pools)
