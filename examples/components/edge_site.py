"""A plant's cluster, seen through Azure Arc and kept by Flux at one commit."""

from components.catalog import EdgeSite
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

EdgeSite(
    "site-plant-a",
    {
        "ownership": OWNERSHIP,
        "site": "plant-a",
        "resource_group": "rg-headgate-dev-uaenorth",
        "region": "uaenorth",
        "agent_key": "UHVibGljIGtleSBvZiB0aGUgc2l0ZSdzIGFnZW50cywgZm9yIGFuIGV4YW1wbGU=",
        "admin_groups": ["aaaaaaaa-0000-4000-8000-000000000001"],
        "tenant_id": "11111111-2222-3333-4444-555555555555",
        "workspace_id": "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/rg-headgate-dev-uaenorth"
        "/providers/Microsoft.OperationalInsights/workspaces/log-headgate-dev",
        "source": {"url": "https://git.example.com/platform/sites", "commit": "0123abcd" * 5},
        "protect": False,
    },
)
