"""A model at a plant, from the plant's own mirror of the registry."""

import pulumi

from components.catalog import EdgeDeployment, connect
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

site = connect("site-plant-a", pulumi.Output.secret("the kubeconfig that EdgeSite gives"))
EdgeDeployment(
    "fraud-score-plant-a",
    {
        "ownership": OWNERSHIP,
        "site": "plant-a",
        "namespace": "team-fraud",
        "service_account": "models",
        "model": "fraud-score",
        "version": "1.0.0",
        "model_image": f"hgplatformdev.azurecr.io/models/fraud/fraud-score@sha256:{'0' * 64}",
        "runtime_image": f"hgplatformdev.azurecr.io/runtimes/oip-server@sha256:{'1' * 64}",
        "mirror": "registry.plant-a.example.com",
        "host": "models.plant-a.example.com",
        "cpu": "500m",
        "memory": "512Mi",
    },
    pulumi.ResourceOptions(providers=[site]),
)
