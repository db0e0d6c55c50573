"""The classes by which scoring and training wait for what serves; once in a cluster."""

import pulumi

from components.catalog import WorkloadPriorities, connect
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
priorities = WorkloadPriorities(
    "priorities-uaenorth", {"ownership": OWNERSHIP}, pulumi.ResourceOptions(providers=[cluster])
)
pulumi.export("batch", priorities.batch)
