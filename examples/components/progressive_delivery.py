"""The controller that moves requests from one version of a model to the next, in one cluster."""

import pulumi

from components.catalog import ProgressiveDelivery, connect
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
delivery = ProgressiveDelivery(
    "delivery-uaenorth",
    {
        "ownership": OWNERSHIP,
        "image": f"hgplatformdev.azurecr.io/runtimes/rollouts-controller@sha256:{'0' * 64}",
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
pulumi.export("controller", delivery.controller)
