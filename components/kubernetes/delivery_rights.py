"""What the Argo Rollouts controller may do: upstream's role without the meshes, secrets and experiments of others.

It reads no Secret outside its own namespace, so an AnalysisTemplate can't take a team's secrets elsewhere.
"""

from typing import Any

_READ = ["get", "list", "watch"]
_CHANGE = [*_READ, "update", "patch"]
_OWN = [*_CHANGE, "create", "delete"]

CLUSTER_RULES: list[dict[str, Any]] = [
    {
        "api_groups": ["argoproj.io"],
        "resources": ["rollouts", "rollouts/status", "rollouts/finalizers"],
        "verbs": _CHANGE,
    },
    {
        "api_groups": ["argoproj.io"],
        "resources": ["analysisruns", "analysisruns/finalizers", "experiments", "experiments/finalizers"],
        "verbs": _OWN,
    },
    {"api_groups": ["argoproj.io"], "resources": ["analysistemplates", "clusteranalysistemplates"], "verbs": _READ},
    {"api_groups": ["apps"], "resources": ["replicasets"], "verbs": _OWN},
    {"api_groups": [""], "resources": ["services"], "verbs": [*_READ, "patch"]},
    # The canary route beside a model's own; it is owned by the rollout, and goes with it.
    {"api_groups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": [*_CHANGE, "create"]},
    {"api_groups": [""], "resources": ["pods"], "verbs": ["list", "update", "watch"]},
    {"api_groups": [""], "resources": ["pods/eviction"], "verbs": ["create"]},
    {"api_groups": [""], "resources": ["events"], "verbs": ["create", "update", "patch"]},
    {"api_groups": ["batch"], "resources": ["jobs"], "verbs": _READ},
]
OWN_RULES: list[dict[str, Any]] = [
    {"api_groups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create", "get", "update"]},
    {"api_groups": [""], "resources": ["configmaps", "secrets"], "verbs": _READ},
]
