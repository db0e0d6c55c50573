"""What answers for figures of pods in one cluster, so that language models are scaled by their tokens in flight."""

import pulumi

from components.catalog import MetricsAdapter, connect
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

cluster = connect("cluster-uaenorth", pulumi.Output.secret("the kubeconfig that ServingCluster gives"))
figures = MetricsAdapter(
    "metrics-uaenorth",
    {
        "ownership": OWNERSHIP,
        "region": "uaenorth",
        "image": f"hgplatformdev.azurecr.io/runtimes/prometheus-adapter@sha256:{'0' * 64}",
        "certificates_image": f"hgplatformdev.azurecr.io/runtimes/gate-certificates@sha256:{'1' * 64}",
        "prometheus": "http://prometheus.monitoring.svc:9090",
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
pulumi.export("api", figures.api)
