"""What the metrics add-on of a cluster scrapes: model servers and the gate."""

import pulumi

from components.catalog import ClusterMonitoring, connect
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
monitoring = ClusterMonitoring(
    "monitoring-uaenorth",
    {"ownership": OWNERSHIP, "cluster": "aks-dev-uaenorth", "region": "uaenorth"},
    pulumi.ResourceOptions(providers=[cluster]),
)
pulumi.export("configuration", monitoring.configuration)
