"""Measurements of two clusters in one workspace; the on-call is told at once, the lead after a quarter of an hour."""

import pulumi

from components.catalog import MonitoringStack
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

monitoring = MonitoringStack(
    "monitoring",
    {
        "organisation": "hg",
        "ownership": OWNERSHIP,
        "resource_group": "rg-headgate-dev-uaenorth",
        "region": "uaenorth",
        "clusters": [
            {"name": "uaenorth", "cluster_id": "/subscriptions/…/managedClusters/aks-dev-uaenorth"},
            {"name": "uaecentral", "cluster_id": "/subscriptions/…/managedClusters/aks-dev-uaecentral"},
        ],
        "standby": ["uaecentral"],
        "workspace_id": "/subscriptions/…/workspaces/log-headgate-dev",
        "escalation": [
            {"name": "on-call", "after_minutes": 0, "emails": ["on-call@example.com"]},
            {"name": "lead", "after_minutes": 15, "phones": [{"country_code": "971", "number": "500000000"}]},
        ],
        "quiet_hours": {"start": "20:00", "end": "06:00", "time_zone": "Asia/Dubai"},
        "runbooks": "https://docs.example.com/headgate/runbooks",
    },
)
pulumi.export("query", monitoring.query_endpoint)
