"""A model that scores yesterday's data each night, in two pods that share it."""

import pulumi

from components.catalog import BatchScoring, connect
from components.contract.ownership import Ownership

OWNERSHIP: Ownership = {
    "team": "fraud",
    "owner": "fraud-ml",
    "environment": "dev",
    "cost_center": "ml",
    "data_class": "internal",
    "commit": "0123abc",
    "change": "CHG-7",
}

cluster = connect("cluster-uaenorth", pulumi.Output.secret("the kubeconfig that ServingCluster gives"))
BatchScoring(
    "nightly-uaenorth",
    {
        "ownership": OWNERSHIP,
        "namespace": "team-fraud",
        "job": "fraud-nightly",
        "model": "fraud-score",
        "version": "1.0.0",
        "model_image": f"hgplatformdev.azurecr.io/models/fraud/fraud-score@sha256:{'0' * 64}",
        "runtime_image": f"hgplatformdev.azurecr.io/runtimes/oip-server@sha256:{'1' * 64}",
        "source": "https://hgfrauddev.blob.core.windows.net/transactions",
        "target": "https://hgfrauddev.blob.core.windows.net/scores",
        "cpu": "2",
        "memory": "4Gi",
        "schedule": "0 2 * * *",
        "time_zone": "Asia/Dubai",
        "shards": 2,
        "networks": ["10.60.192.0/18"],
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
