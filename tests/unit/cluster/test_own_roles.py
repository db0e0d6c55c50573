"""Which roles and bindings count as Kubernetes' own: those that give exactly what it gives under their names."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.cluster.own_roles import is_own

pytestmark = pytest.mark.unit

LABELS = {"kubernetes.io/bootstrapping": "rbac-defaults"}
EVERYTHING = [
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
]
TAKES_IN = {"clusterRoleSelectors": [{"matchLabels": {"rbac.authorization.k8s.io/aggregate-to-admin": "true"}}]}


def role(name: str = "cluster-admin", labels: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """Return the role that may do everything, or another, as an API server lists it."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name, "uid": "u", "labels": labels or LABELS, "managedFields": [{}]},
        "rules": EVERYTHING,
        **more,
    }


def test_what_kubernetes_brings_is_its_own() -> None:
    """Whatever else an API server writes about it, and whatever it has taken in."""
    assert is_own(role())
    assert is_own(role("admin", aggregationRule=TAKES_IN))
    assert is_own(role("admin", aggregationRule=TAKES_IN, rules=[]))


@pytest.mark.parametrize(
    "other",
    [
        role("cluster-admin-too"),
        role(rules=[*EVERYTHING, EVERYTHING[0]]),
        role(rules=EVERYTHING[:1]),
        role(labels={**LABELS, "rbac.authorization.k8s.io/aggregate-to-view": "true"}),
        role(aggregationRule=TAKES_IN),
        role("admin", aggregationRule={"clusterRoleSelectors": [{}]}),
        role("system:basic-user"),
        role(kind="Role"),
        role(apiVersion="example.com/v1"),
        role(metadata=None),
        {},
    ],
    ids=[
        "name",
        "more",
        "less",
        "taken in",
        "takes in",
        "takes in all",
        "rights",
        "kind",
        "group",
        "nameless",
        "empty",
    ],
)
def test_what_differs_is_somebodys(other: dict[str, Any]) -> None:
    """By the label it would be Kubernetes'."""
    assert not is_own(other)
