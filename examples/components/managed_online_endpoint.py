"""A model that answers on machines of the machine-learning service, with a second version beside it to be tried."""

from components.catalog import ManagedOnlineEndpoint
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

ManagedOnlineEndpoint(
    "layout",
    {
        "organisation": "hg",
        "ownership": OWNERSHIP,
        "place": {"resource_group": "rg-headgate-dev-uaenorth", "workspace": "mlw-hg-dev", "region": "uaenorth"},
        "identity": {"id": "/subscriptions/…/userAssignedIdentities/id-dev-vision-jobs", "client_id": "jobs-client"},
        "endpoint": "layout",
        "machines": {"size": "Standard_D4s_v5"},
        "versions": [
            {
                "name": "blue",
                "model_id": "azureml://registries/mlr-hg-dev/models/document-layout/versions/1",
                "runtime_image": f"hgplatformdev.azurecr.io/runtimes/oip-server@sha256:{'0' * 64}",
            },
            {
                "name": "green",
                "model_id": "azureml://registries/mlr-hg-dev/models/document-layout/versions/2",
                "runtime_image": f"hgplatformdev.azurecr.io/runtimes/oip-server@sha256:{'1' * 64}",
                "instances": 1,
            },
        ],
        "traffic": {"blue": 100},
    },
)
