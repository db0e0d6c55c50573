"""A foundation in two regions, the first of which holds what exists once."""

import pulumi

from components.catalog import PlatformFoundation
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

foundation = PlatformFoundation(
    "foundation",
    {
        "organisation": "hg",
        "ownership": OWNERSHIP,
        "tenant_id": "11111111-1111-4111-8111-111111111111",
        "regions": [
            {"name": "uaenorth", "network": "10.60.0.0/16"},
            {"name": "uaecentral", "network": "10.61.0.0/16"},
        ],
        "budget": {
            "monthly": 5000,
            "contacts": ["ml-platform@example.com"],
            "thresholds": [80, 100],
        },
    },
)
pulumi.export("workspace", foundation.workspace_id)
