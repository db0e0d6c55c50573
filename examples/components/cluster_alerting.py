"""What a cluster's own Prometheus and Alertmanager are given, where no cloud judges what is measured."""

import pulumi

from components.catalog import ClusterAlerting, connect
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

cluster = connect("cluster-uaenorth", pulumi.Output.secret("the kubeconfig of a cluster"))
alerting = ClusterAlerting(
    "alerting-uaenorth",
    {
        "ownership": OWNERSHIP,
        "namespace": "monitoring",
        "regions": ["uaenorth"],
        "escalation": [
            {"name": "on-call", "after_minutes": 0, "webhooks": ["https://pager.example.com/ml-platform"]},
            {"name": "lead", "after_minutes": 15, "emails": ["lead@example.com"]},
        ],
        "mail": {"server": "smtp.example.com:587", "sender": "alerts@example.com"},
        "dead_man": {
            "url": "https://watch.example.com/v1/heard/platform-dev",
            "token": pulumi.Output.secret("the token of the switch"),
        },
        "quiet_hours": {"start": "20:00", "end": "06:00", "time_zone": "Asia/Dubai"},
        "runbooks": "https://docs.example.com/headgate/runbooks",
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
pulumi.export("rules", alerting.rules)
