"""A model that scores on machines of the machine-learning service, made for each run and given back after it."""

from components.catalog import ManagedBatchScoring
from components.contract.ownership import Ownership

OWNERSHIP: Ownership = {
    "team": "vision",
    "owner": "vision-ml",
    "environment": "dev",
    "cost_center": "ml",
    "data_class": "internal",
    "commit": "0123abc",
    "change": "CHG-7",
}

ManagedBatchScoring(
    "archive",
    {
        "organisation": "hg",
        "ownership": OWNERSHIP,
        "place": {"resource_group": "rg-headgate-dev-uaenorth", "workspace": "mlw-hg-dev", "region": "uaenorth"},
        "nodes": {"size": "Standard_D8ds_v5", "max": 4},
        "identity": {"id": "/subscriptions/…/userAssignedIdentities/id-dev-vision-jobs", "client_id": "jobs-client"},
        "job": "archive-layout",
        "model_id": "azureml://registries/mlr-hg-dev/models/document-layout/versions/1",
        "runtime_image": f"hgplatformdev.azurecr.io/runtimes/oip-server@sha256:{'0' * 64}",
    },
)
