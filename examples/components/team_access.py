"""A team's identity in one region, that two service accounts act as, and rights for its two groups."""

import pulumi

from components.catalog import TeamAccess
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
GROUP = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/rg-headgate-dev-uaenorth"

access = TeamAccess(
    "access-uaenorth",
    {
        "ownership": OWNERSHIP,
        "region": "uaenorth",
        "cluster_id": f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-dev-uaenorth",
        "issuer": "https://uaenorth.oic.prod-aks.azure.com/TENANT/ISSUER/",
        "service_accounts": ["models", "jobs"],
        "edit_groups": ["33333333-3333-4333-8333-333333333333"],
        "view_groups": ["44444444-4444-4444-8444-444444444444"],
        "rights": [
            {
                "purpose": "api-key",
                "role": "4633458b-17de-408a-b874-0445c86b69e6",
                "scope": f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-hg-dev-uaenorth/secrets/api-key",
            }
        ],
        "protect": False,
    },
)
pulumi.export("client_id", access.client_id)
