"""TeamTenancy: a team's namespace in one cluster, whole, in its three cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import TeamTenancy

pytestmark = pytest.mark.unit

LABELS = {
    "app.kubernetes.io/managed-by": "headgate",
    "headgate.dev/team": "fraud",
    "headgate.dev/owner": "ml-platform",
    "headgate.dev/environment": "prod",
    "headgate.dev/cost-center": "ml",
    "headgate.dev/data-class": "restricted",
    "headgate.dev/commit": "0123abc",
    "headgate.dev/change": "CHG-7",
}
QUOTA = {"cpu": "128", "memory": "512Gi", "gpus": 4, "pods": 200}
MIG = ("1g.5gb", "1g.10gb", "1g.20gb", "2g.10gb", "2g.20gb", "3g.20gb", "3g.40gb", "4g.20gb", "4g.40gb", "7g.40gb")
HARD = {
    "requests.cpu": "128",
    "limits.cpu": "128",
    "requests.memory": "512Gi",
    "limits.memory": "512Gi",
    "requests.nvidia.com/gpu": "4",
    "requests.amd.com/gpu": "0",
    **{f"requests.nvidia.com/mig-{profile}": "0" for profile in (*MIG, "7g.80gb")},
    "requests.storage": "0",
    "pods": "200",
    "services.loadbalancers": "0",
    "services.nodeports": "0",
    "count/configmaps": "200",
    "count/secrets": "100",
    "count/services": "200",
    "count/jobs.batch": "500",
    "count/replicasets.apps": "2000",
}
LOOK = ["get", "list", "watch"]
VIEW = [
    {
        "apiGroups": [""],
        "resources": ["pods", "pods/log", "services", "events", "configmaps", "resourcequotas", "limitranges"],
        "verbs": LOOK,
    },
    {"apiGroups": ["apps"], "resources": ["deployments", "replicasets"], "verbs": LOOK},
    {"apiGroups": ["argoproj.io"], "resources": ["rollouts", "analysisruns", "analysistemplates"], "verbs": LOOK},
    {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": LOOK},
    {"apiGroups": ["batch"], "resources": ["jobs", "cronjobs"], "verbs": LOOK},
    {"apiGroups": ["metrics.k8s.io"], "resources": ["pods"], "verbs": LOOK},
    {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses", "networkpolicies"], "verbs": LOOK},
    {"apiGroups": ["policy"], "resources": ["poddisruptionbudgets"], "verbs": LOOK},
]
EDIT = [*VIEW, {"apiGroups": [""], "resources": ["pods"], "verbs": ["delete"]}]
RBAC = "rbac.authorization.k8s.io"
MONITORS = [
    *(
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
            "podSelector": {"matchLabels": collector},
        }
        for collector in ({"rsName": "ama-metrics"}, {"dsName": "ama-metrics-node"})
    ),
]


@pytest.fixture
def ownership(ownership: dict[str, str]) -> dict[str, str]:
    """Return a team's."""
    return {**ownership, "team": "fraud"}


def tenancy(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one tenancy."""

    def program() -> dict[str, Any]:
        args: Any = {"ownership": ownership, "quota": QUOTA, **more}
        made = TeamTenancy("t", args)
        return {"namespace": made.namespace, "account": made.service_account}

    return program


def named(name: str, **more: Any) -> dict[str, Any]:
    """Return the metadata of an object of the namespace."""
    return {"name": name, "namespace": "team-fraud", "labels": LABELS, **more}


def role(level: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a role, whole."""
    return {"apiVersion": f"{RBAC}/v1", "kind": "Role", "metadata": named(level), "rules": rules}


def binding(level: str, group: str) -> dict[str, Any]:
    """Return a role's binding to one group, whole."""
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": named(level),
        "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": level},
        "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": group}],
    }


def account(name: str, **more: Any) -> dict[str, Any]:
    """Return a service account, whole."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": named(name, **more),
        "automountServiceAccountToken": False,
    }


def border(name: str, **spec: Any) -> dict[str, Any]:
    """Return a network policy for every pod, whole."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": named(name),
        "spec": {"podSelector": {}, **spec},
    }


def quota(name: str, **spec: Any) -> dict[str, Any]:
    """Return a quota, whole."""
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": named(name), "spec": spec}


DEFAULTS: dict[str, dict[str, Any]] = {
    "t-namespace": {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": "team-fraud",
            "labels": {
                **LABELS,
                **{f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")},
                "headgate.dev/protected": "true",
            },
        },
    },
    "t-quota": quota("quota", hard=HARD),
    "t-no-system-priority": quota(
        "no-system-priority",
        hard={"pods": "0"},
        scopeSelector={
            "matchExpressions": [
                {
                    "scopeName": "PriorityClass",
                    "operator": "In",
                    "values": ["system-cluster-critical", "system-node-critical"],
                }
            ]
        },
    ),
    "t-limits": {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": named("limits"),
        "spec": {
            "limits": [
                {
                    "type": "Container",
                    "default": {"cpu": "500m", "memory": "512Mi", "ephemeral-storage": "1Gi"},
                    "defaultRequest": {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "128Mi"},
                    "max": {"ephemeral-storage": "20Gi"},
                }
            ]
        },
    },
    "t-default-deny": border("default-deny", policyTypes=["Ingress", "Egress"]),
    "t-allow-dns": border(
        "allow-dns",
        policyTypes=["Egress"],
        egress=[
            {
                "to": [
                    {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
                    }
                ],
                "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
            }
        ],
    ),
    "t-allow-monitoring": border(
        "allow-monitoring",
        policyTypes=["Ingress"],
        ingress=[
            {
                "from": MONITORS,
                "ports": [{"protocol": "TCP", "port": "http"}, {"protocol": "TCP", "port": "metrics"}],
            }
        ],
    ),
    "t-view": role("view", VIEW),
    "t-edit": role("edit", EDIT),
    "t-account": account("models"),
}


def made(recording: Any) -> dict[str, dict[str, Any]]:
    """Return name → inputs of all that the component made; everything is its child."""
    children = [each for each in recording.resources if each.type.startswith("kubernetes:")]
    assert {each.parent for each in children} == {"t"}
    return {each.name: each.inputs for each in children}


def guarded(recording: Any) -> list[str]:
    """Return what may not be deleted."""
    return [each.name for each in recording.resources if each.protect]


def test_defaults(record: Any, ownership: dict[str, str]) -> None:
    """Closed, limited, restricted: two roles that nobody has yet, one identity without token and without a cloud's."""
    recording = record(tenancy(ownership))

    assert made(recording) == DEFAULTS
    assert guarded(recording) == ["t-namespace"]
    assert recording.outputs == {"namespace": "team-fraud", "account": "models"}


def test_max(record: Any, ownership: dict[str, str]) -> None:
    """Groups, several identities that act on the cloud, storage, parts of GPUs: each adds its own and no more."""
    recording = record(
        tenancy(
            ownership,
            quota={**QUOTA, "storage": "1Ti", "devices": {"nvidia.com/mig-1g.10gb": 7, "example.com/npu": 2}},
            edit_groups=["g1"],
            view_groups=["g2"],
            service_accounts=["models", "jobs"],
            client_id="c1",
        )
    )
    hard = {
        **HARD,
        "requests.storage": "1Ti",
        "requests.nvidia.com/mig-1g.10gb": "7",
        "requests.example.com/npu": "2",
    }
    annotations = {"azure.workload.identity/client-id": "c1"}

    assert made(recording) == {
        **DEFAULTS,
        "t-quota": quota("quota", hard=hard),
        "t-view-binding": binding("view", "g2"),
        "t-edit-binding": binding("edit", "g1"),
        "t-account": account("models", annotations=annotations),
        "t-account-jobs": account("jobs", annotations=annotations),
    }


def test_hardened(record: Any, ownership: dict[str, str]) -> None:
    """Nothing at all may be used: the quota says so in each of its lines, and the namespace can't be deleted."""
    nothing = {"cpu": "0", "memory": "0", "gpus": 0, "pods": 0}
    recording = record(tenancy(ownership, quota=nothing, protect=True))
    used = ("requests.cpu", "limits.cpu", "requests.memory", "limits.memory", "requests.nvidia.com/gpu", "pods")

    assert made(recording) == {**DEFAULTS, "t-quota": quota("quota", hard={**HARD, **dict.fromkeys(used, "0")})}
    assert guarded(recording) == ["t-namespace"]


def test_protection_can_be_left_out_where_a_platform_is_rebuilt(record: Any, ownership: dict[str, str]) -> None:
    """As in the sandbox: neither the engine nor the cluster's gate holds the namespace."""
    recording = record(tenancy(ownership, protect=False))

    assert guarded(recording) == []
    assert "headgate.dev/protected" not in made(recording)["t-namespace"]["metadata"]["labels"]


def test_nobody_gets_a_right_that_leads_further() -> None:
    """Neither secrets, nor a way into a pod, nor rights themselves, nor a wildcard; and nothing but pods changes."""
    rights = {(resource, verb) for rule in EDIT for resource in rule["resources"] for verb in rule["verbs"]}
    ways = {"secrets", "pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "roles", "*"}

    assert {resource for resource, _ in rights} & ways == set()
    assert {right for right in rights if right[1] not in LOOK} == {("pods", "delete")}
