"""One name over two regions: the second serves when the first has failed."""

import pulumi

from components.catalog import MultiRegionFailover
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

edge = MultiRegionFailover(
    "edge",
    {
        "organisation": "hg",
        "ownership": OWNERSHIP,
        "resource_group": "rg-headgate-dev-uaenorth",
        "host": "models.dev.example.com",
        "origins": [
            {"name": "uaenorth", "address": "10.60.128.4", "priority": 1},
            {"name": "uaecentral", "address": "10.61.128.4", "priority": 2},
        ],
        "workspace_id": "/subscriptions/…/workspaces/log-headgate-dev",
    },
)
pulumi.export("endpoint", edge.endpoint)
