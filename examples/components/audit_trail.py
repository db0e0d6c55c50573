"""A region's audit logs, immutable for a year, with a stream that a SIEM reads by its identity."""

import pulumi

from components.catalog import AuditTrail
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
GROUP = "/subscriptions/…/resourceGroups/rg-headgate-dev-uaenorth/providers"

audit = AuditTrail(
    "audit",
    {
        "organisation": "hg",
        "ownership": OWNERSHIP,
        "workspace_id": f"{GROUP}/Microsoft.OperationalInsights/workspaces/log-headgate-dev",
        "retention_days": 365,
        "regions": [
            {
                "name": "uaenorth",
                "resource_group": "rg-headgate-dev-uaenorth",
                "network": {
                    "region": "uaenorth",
                    "resource_group": "rg-headgate-dev-uaenorth",
                    "subnet_id": f"{GROUP}/Microsoft.Network/virtualNetworks/vnet-dev-uaenorth/subnets/endpoints",
                    "zones": {},
                },
                "sources": {"vault-uaenorth": f"{GROUP}/Microsoft.KeyVault/vaults/kv-hg-dev-uaenorth"},
            }
        ],
        "stream": {"reader_id": "33333333-4444-5555-6666-777777777777"},
    },
)
pulumi.export("ledgers", audit.ledger_uris)
