"""A gate with one rule of its own: Open Policy Agent judges every write to the cluster, and fails closed."""

import pulumi

from components.catalog import AdmissionGate, connect
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
RULES = {
    "main.rego": 'package headgate.main.admission\n\nmain := {"response": {"allowed": true}}\n',
    "data.json": "{}",
}

cluster = connect("cluster-uaenorth", pulumi.Output.secret("the kubeconfig that ServingCluster gives"))
AdmissionGate(
    "gate-uaenorth",
    {
        "ownership": OWNERSHIP,
        "opa_image": f"hgplatformdev.azurecr.io/tools/opa@sha256:{'0' * 64}",
        "certificates_image": f"hgplatformdev.azurecr.io/tools/gate-certificates@sha256:{'1' * 64}",
        "rules": RULES,
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
