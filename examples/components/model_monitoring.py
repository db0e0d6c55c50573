"""A model that promises 99.9 % of answers, and 99 % of them within 100 ms."""

import pulumi

from components.catalog import ModelMonitoring
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

monitoring = ModelMonitoring(
    "fraud-score-monitoring",
    {
        "ownership": OWNERSHIP,
        "resource_group": "rg-headgate-dev-alerts",
        "region": "uaenorth",
        "metrics_workspace_id": "/subscriptions/…/accounts/amw-headgate-dev",
        "namespace": "team-fraud",
        "model": "fraud-score",
        "availability_percent": 99.9,
        "latency_objective_ms": 100,
        "action_groups": {"on-call": "/subscriptions/…/actionGroups/ag-headgate-dev-on-call"},
        "escalation": [{"name": "on-call", "after_minutes": 0}],
        "runbooks": "https://docs.example.com/headgate/runbooks",
    },
)
pulumi.export("objectives", monitoring.objectives)
