"""A gateway behind a private link service, which an edge outside the network connects to."""

import pulumi

from components.catalog import ServingGateway, connect
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
gateway = ServingGateway(
    "gateway-uaenorth",
    {
        "ownership": OWNERSHIP,
        "image": f"hgplatformdev.azurecr.io/tools/gateway@sha256:{'0' * 64}",
        "private_link_name": "pls-dev-uaenorth",
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
pulumi.export("address", gateway.address)
