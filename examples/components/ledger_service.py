"""The ledger's writer in a cluster: gates, Alertmanager and receivers tell it what they did."""

import pulumi

from components.catalog import LedgerService, connect
from components.contract.ownership import Ownership

OWNERSHIP: Ownership = {
    "team": "platform",
    "owner": "ml-platform",
    "environment": "prod",
    "cost_center": "ml",
    "data_class": "internal",
    "commit": "0123abc",
    "change": "CHG-7",
}

cluster = connect("cluster-uaenorth", pulumi.Output.secret("the kubeconfig that ServingCluster gives"))
ledger = LedgerService(
    "ledger-uaenorth",
    {
        "ownership": OWNERSHIP,
        "image": f"hgplatformprod.azurecr.io/runtimes/ledger@sha256:{'0' * 64}",
        "ledger": "azblob://hgplatformledger/ledger",
        "client_id": "33333333-3333-4333-8333-333333333333",
        "signing_key": pulumi.Output.secret("what `headgate audit` made when the ledger began"),
        "token": pulumi.Output.secret("what gates show"),
        "certificate": {
            "certificate": pulumi.Output.secret("of ledger.headgate-ledger.svc, as PEM"),
            "key": pulumi.Output.secret("its key, as PEM"),
        },
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
pulumi.export("decisions", pulumi.Output.concat(ledger.url, "/v1/opa"))
