"""A team's namespace with a quota, and rights for its two groups."""

import pulumi

from components.catalog import TeamTenancy, connect
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

cluster = connect("cluster-uaenorth", pulumi.Output.secret("the kubeconfig that ServingCluster gives"))
tenancy = TeamTenancy(
    "tenancy-uaenorth",
    {
        "ownership": OWNERSHIP,
        "quota": {"cpu": "20", "memory": "64Gi", "gpus": 2, "pods": 40},
        "edit_groups": ["33333333-3333-4333-8333-333333333333"],
        "view_groups": ["44444444-4444-4444-8444-444444444444"],
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
pulumi.export("namespace", tenancy.namespace)
