"""A model of a team, by digest, between two and six pods."""

import pulumi

from components.catalog import ModelDeployment, connect
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
model = ModelDeployment(
    "fraud-score-uaenorth",
    {
        "ownership": OWNERSHIP,
        "namespace": "team-fraud",
        "service_account": "models",
        "model": "fraud-score",
        "version": "1.0.0",
        "model_image": f"hgplatformdev.azurecr.io/models/fraud/fraud-score@sha256:{'0' * 64}",
        "runtime_image": f"hgplatformdev.azurecr.io/runtimes/oip-server@sha256:{'1' * 64}",
        "host": "models.dev.example.com",
        "cpu": "1",
        "memory": "2Gi",
        "min_replicas": 2,
        "max_replicas": 6,
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
pulumi.export("path", model.path)
