"""Stacks rendered in memory: what the checks look at is what the program registers."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.catalog import TeamTenancy, connect
from headgate.errors import HeadgateError
from lint import cache
from lint.arm import template
from lint.manifests import Manifest, manifests, pods
from lint.program import Registration, run
from lint.score import as_deployment
from lint.stacks import committed

pytestmark = pytest.mark.unit

OWNERSHIP: Any = {
    "team": "fraud",
    "owner": "fraud-ml",
    "environment": "dev",
    "cost_center": "ml",
    "data_class": "internal",
    "commit": "0123abc",
    "change": "CHG-7",
}


def registration(kind: str, inputs: dict[str, Any], name: str = "r") -> Registration:
    """Return what a program registered."""
    urn = f"urn:pulumi:s::headgate::{kind}::{name}"
    return Registration(urn, kind, name, "", "urn:pulumi:s::headgate::pulumi:providers:kubernetes::north::id", inputs)


def tenancy() -> dict[str, Any]:
    """Make a tenancy in a cluster."""
    provider = connect("north", pulumi.Output.secret("kubeconfig"))
    quota: Any = {"cpu": "20", "memory": "64Gi", "gpus": 2, "pods": 40}
    made = TeamTenancy("t", {"ownership": OWNERSHIP, "quota": quota}, pulumi.ResourceOptions(providers=[provider]))
    return {"namespace": made.namespace}


def test_a_program_is_recorded_as_it_registers() -> None:
    """Names, parents, the cluster of each object, whole numbers, no secret's content, and the exports."""
    result = run(tenancy)
    quota = next(each for each in result.registrations if each.name == "t-quota")
    provider = next(each for each in result.registrations if each.type == "pulumi:providers:kubernetes")

    assert (quota.kind, quota.parent.rpartition("::")[2]) == ("ResourceQuota", "t")
    assert quota.inputs["spec"]["hard"]["pods"] == "40"
    assert any(used.endswith("::t-namespace") for used in quota.uses)
    assert provider.inputs["kubeconfig"] == "c2VjcmV0"
    assert result.exports == {"namespace": "team-fraud"}
    assert {each.cluster for each in manifests(result.registrations)} == {"north"}


def test_two_renders_are_alike() -> None:
    """Whatever the order in which the SDK's threads register."""
    assert run(tenancy) == run(tenancy)


def test_platforms_are_rendered_before_their_teams() -> None:
    """A team's program reads what its platform exports."""
    names = committed()

    assert [each.is_platform for each in names] == sorted((each.is_platform for each in names), reverse=True)
    assert {str(each) for each in names} >= {"platform-prod", "fraud-prod"}


def test_a_manifest_is_named_as_a_person_would() -> None:
    """Kind, namespace, name; nulls are not sent."""
    body = {"kind": "Service", "metadata": {"name": "s", "namespace": "n", "labels": None}}
    found = manifests([registration("kubernetes:core/v1:Service", body)])

    assert [(each.label, each.body["metadata"]) for each in found] == [("Service n/s", {"name": "s", "namespace": "n"})]


def test_what_a_render_cannot_see_is_refused() -> None:
    """A chart makes objects that only an engine would show."""
    with pytest.raises(HeadgateError, match="can't see what this makes"):
        manifests([registration("kubernetes:helm.sh/v4:Chart", {})])


def test_settings_that_look_like_containers_are_no_pod() -> None:
    """A list of containers has images."""
    assert list(pods({"spec": {"containers": [{"name": "x"}]}})) == []
    assert [path for path, _ in pods({"spec": {"containers": [{"image": "x"}]}})] == ["spec"]


def test_a_template_has_the_form_of_arm() -> None:
    """Children are named below their parents, items that are resources have properties, names are no properties."""
    vault = registration(
        "azure-native:keyvault:Vault",
        {"vaultName": "kv", "resourceGroupName": "g", "location": "uaenorth", "properties": {"tenantId": "t"}},
    )
    network = registration(
        "azure-native:network:VirtualNetwork",
        {
            "virtualNetworkName": "v",
            "resourceGroupName": "g",
            "location": "uaenorth",
            "subnets": [{"name": "nodes", "addressPrefix": "10.0.0.0/24"}],
        },
    )
    pool = registration(
        "azure-native:containerservice:AgentPool",
        {"resourceName": "aks", "agentPoolName": "cpu", "resourceGroupName": "g", "maxCount": 3},
    )

    assert [
        {key: each.get(key) for key in ("type", "name", "location", "properties")}
        for each in template([vault, network, pool])["resources"]
    ] == [
        {
            "type": "Microsoft.ContainerService/managedClusters/agentPools",
            "name": "aks/cpu",
            "location": None,
            "properties": {"maxCount": 3},
        },
        {"type": "Microsoft.KeyVault/vaults", "name": "kv", "location": "uaenorth", "properties": {"tenantId": "t"}},
        {
            "type": "Microsoft.Network/virtualNetworks",
            "name": "v",
            "location": "uaenorth",
            "properties": {"subnets": [{"name": "nodes", "properties": {"addressPrefix": "10.0.0.0/24"}}]},
        },
    ]


def test_kube_score_sees_a_rollout_as_its_deployment() -> None:
    """It knows no Rollout, and would pass over its pods in silence."""
    rollout = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "m"},
        "spec": {"selector": {}, "template": {"spec": {}}, "strategy": {"canary": {}}},
    }
    scaler = {
        "kind": "HorizontalPodAutoscaler",
        "spec": {"scaleTargetRef": {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "m"}},
    }
    service = {"kind": "Service", "spec": {"type": "ClusterIP"}}

    assert as_deployment(rollout) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "m"},
        "spec": {
            "selector": {},
            "template": {"spec": {}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        },
    }
    assert as_deployment(scaler)["spec"]["scaleTargetRef"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": "m",
    }
    assert as_deployment(service) == service


def test_answers_are_kept_by_content(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another name or another content is another answer; damage is as good as none."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache.keep("a-1", {"x": [1]})
    (cache.folder() / "b-1.json").write_text("{")

    assert (cache.load("a-1"), cache.load("a-2"), cache.load("b-1")) == ({"x": [1]}, None, None)
    assert cache.digest({"b": 1, "a": 2}) == cache.digest({"a": 2, "b": 1}) != cache.digest({"a": 1, "b": 2})


def test_a_cluster_is_judged_with_all_that_is_written_to_it() -> None:
    """The platform's objects and each team's, by environment."""
    from lint.__main__ import by_cluster

    service = registration("kubernetes:core/v1:Service", {"kind": "Service", "metadata": {"name": "s"}})
    clusters = by_cluster({"platform-dev": [service], "fraud-dev": [service], "fraud-prod": [service]})

    assert {key: len(objects) for key, objects in clusters.items()} == {("dev", "north"): 2, ("prod", "north"): 1}
    assert all(isinstance(each, Manifest) for objects in clusters.values() for each in objects)
