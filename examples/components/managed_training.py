"""A pipeline that trains each Sunday on spot machines with GPUs, none of which stays when it is done."""

from components.catalog import ManagedTraining
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

ManagedTraining(
    "retrain",
    {
        "ownership": OWNERSHIP,
        "place": {"resource_group": "rg-headgate-dev-uaenorth", "workspace": "mlw-hg-dev", "region": "uaenorth"},
        "nodes": {"size": "Standard_NC24ads_A100_v4", "max": 2, "spot": True},
        "identity": {"id": "/subscriptions/…/userAssignedIdentities/id-dev-vision-jobs", "client_id": "jobs-client"},
        "pipeline": "layout-retrain",
        "model": "document-layout",
        "trainer_image": f"hgplatformdev.azurecr.io/runtimes/trainer@sha256:{'0' * 64}",
        "dataset": "https://hgvisiondev.blob.core.windows.net/training",
        "schedule": "0 3 * * 0",
    },
)
