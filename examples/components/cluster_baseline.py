"""No traffic where nothing of ours runs, and GPUs, cut into slices, offered to pods; once in a cluster."""

import pulumi

from components.catalog import ClusterBaseline, connect
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
ClusterBaseline(
    "baseline-uaenorth",
    {
        "ownership": OWNERSHIP,
        "device_plugin_image": "hgplatformdev.azurecr.io/runtimes/device-plugin@sha256:" + "0" * 64,
        "sliced": True,
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
