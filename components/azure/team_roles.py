"""What a team's people may do in its namespace, as Azure's data actions: each one named, none with a wildcard.

The same rights as the namespace's Kubernetes roles: a cluster that asks Azure first, and one that asks only Kubernetes,
answer alike.
"""

_CLUSTER = "Microsoft.ContainerService/managedClusters"
# Fetching a client configuration is all that a group may do on the cluster itself.
CLUSTER_USER = "4abbcc35-e782-43d8-92c5-2d3f1bd2253f"
# Roles that can give rights away or reach everything: never a workload's.
OWNER_LEVEL = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b": "Azure Kubernetes Service RBAC Cluster Admin",
}
_READABLE = (
    "apps/deployments",
    "apps/replicasets",
    "autoscaling/horizontalpodautoscalers",
    "batch/cronjobs",
    "batch/jobs",
    "configmaps",
    "events",
    "limitranges",
    "metrics.k8s.io/pods",
    "networking.k8s.io/ingresses",
    "networking.k8s.io/networkpolicies",
    "pods",
    "policy/poddisruptionbudgets",
    "resourcequotas",
    "services",
)
VIEW = [f"{_CLUSTER}/{resource}/read" for resource in _READABLE]
LEVELS = {
    "view": VIEW,
    # Restarting is all that a person changes by hand; the rest goes through a stack file and its gates.
    "edit": [*VIEW, f"{_CLUSTER}/pods/delete"],
}
