"""A receiver that starts the team's pipelines when an alert of drift stands, or when data has arrived."""

import pulumi

from components.catalog import RetrainingReceiver, connect
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
receiver = RetrainingReceiver(
    "receiver-uaenorth",
    {
        "ownership": OWNERSHIP,
        "namespace": "team-fraud",
        "image": f"hgplatformdev.azurecr.io/runtimes/retraining-receiver@sha256:{'0' * 64}",
        "token": pulumi.Output.secret("what Alertmanager shows"),
        "ledger": {
            "url": "https://audit.internal.example.com/v1/entries",
            "token": pulumi.Output.secret("what the collector asks for"),
        },
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
pulumi.export("webhook", pulumi.Output.concat(receiver.url, "/v1/alertmanager"))
