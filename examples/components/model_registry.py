"""A registry with a copy in a second region that has no availability zones."""

import pulumi

from components.catalog import ModelRegistry
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

registry = ModelRegistry(
    "registry",
    {
        "organisation": "hg",
        "ownership": OWNERSHIP,
        "resource_group": "rg-headgate-dev-uaenorth",
        "region": "uaenorth",
        "replicas": [{"region": "uaecentral", "zone_redundant": False}],
        "workspace_id": "/subscriptions/…/workspaces/log-headgate-dev",
    },
)
pulumi.export("registry", registry.login_server)
