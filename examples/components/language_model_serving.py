"""A language model on the GPU pool, with what it may spend and what it was tested for."""

import pulumi

from components.catalog import LanguageModelServing, connect
from components.contract.ownership import Ownership

OWNERSHIP: Ownership = {
    "team": "assistant",
    "owner": "assistant-ml",
    "environment": "dev",
    "cost_center": "ml",
    "data_class": "internal",
    "commit": "0123abc",
    "change": "CHG-7",
}

cluster = connect("cluster-uaenorth", pulumi.Output.secret("the kubeconfig that ServingCluster gives"))
model = LanguageModelServing(
    "helper-uaenorth",
    {
        "ownership": OWNERSHIP,
        "namespace": "team-assistant",
        "service_account": "models",
        "model": "helper",
        "version": "1.0.0",
        "model_image": f"hgplatformdev.azurecr.io/models/assistant/helper@sha256:{'0' * 64}",
        "runtime_image": f"hgplatformdev.azurecr.io/runtimes/llm-server@sha256:{'1' * 64}",
        "host": "models.dev.example.com",
        "cpu": "8",
        "memory": "64Gi",
        "gpus": 1,
        "min_replicas": 2,
        "max_replicas": 4,
        "spending": {"tokens_per_minute": 60_000, "tokens_per_month": 500_000_000},
        "safety": {"suite": "helper-safety", "evaluation": f"sha256:{'2' * 64}"},
        "content_logging": {"contents": "none", "days": 0},
    },
    pulumi.ResourceOptions(providers=[cluster]),
)
