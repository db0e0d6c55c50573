"""A pipeline that trains each Sunday, and after drift; what it makes is a candidate in the registry."""

import pulumi

from components.catalog import TrainingPipeline, connect
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
TrainingPipeline(
    "retrain-uaenorth",
    {
        "ownership": OWNERSHIP,
        "namespace": "team-fraud",
        "pipeline": "fraud-retrain",
        "model": "fraud-score",
        "registry": "hgplatformdev.azurecr.io",
        "trainer_image": f"hgplatformdev.azurecr.io/runtimes/trainer@sha256:{'0' * 64}",
        "dataset": "https://hgfrauddev.blob.core.windows.net/training",
        "triggers": {
            "schedule": "0 3 * * 0",
            "drift": {"alert": "FraudScoreDrift", "above": 0.2},
        },
        "cpu": "8",
        "memory": "32Gi",
        "gpus": 1,
        "networks": ["10.60.192.0/18"],
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
