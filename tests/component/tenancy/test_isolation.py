"""A team sees nothing of another team: tried with real credentials against a real API server, for every pair."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from headgate.sandbox.kube import KubeClient
from headgate.stack import load_stack
from tests.component.region.steps import named
from tests.component.tenancy.conftest import TEAMS, Caller, Team, secret, small_pod

pytestmark = pytest.mark.component

PAIRS = list(itertools.permutations(TEAMS, 2))
RBAC = "/apis/rbac.authorization.k8s.io/v1"
DRY = {"dryRun": "All"}


@dataclass(frozen=True)
class Attempt:
    """Something that one team might try at another's expense."""

    what: str
    method: str
    path: str
    body: Any = None
    query: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    content_type: str = "application/json"

    def by(self, caller: Caller) -> tuple[int, Any]:
        """Try it."""
        return caller.call(
            self.method,
            self.path,
            self.body,
            query=self.query,
            headers=self.headers,
            content_type=self.content_type,
        )


def looking(other: str) -> list[Attempt]:
    """Return every way to look into a namespace."""
    core, space = f"/api/v1/namespaces/{other}", f"namespaces/{other}"
    listed = {
        "pods": f"{core}/pods",
        "secrets": f"{core}/secrets",
        "configmaps": f"{core}/configmaps",
        "services": f"{core}/services",
        "events": f"{core}/events",
        "service accounts": f"{core}/serviceaccounts",
        "quotas": f"{core}/resourcequotas",
        "limits": f"{core}/limitranges",
        "deployments": f"/apis/apps/v1/{space}/deployments",
        "replica sets": f"/apis/apps/v1/{space}/replicasets",
        "autoscalers": f"/apis/autoscaling/v2/{space}/horizontalpodautoscalers",
        "ingresses": f"/apis/networking.k8s.io/v1/{space}/ingresses",
        "network policies": f"/apis/networking.k8s.io/v1/{space}/networkpolicies",
        "jobs": f"/apis/batch/v1/{space}/jobs",
        "timetables": f"/apis/batch/v1/{space}/cronjobs",
        "rollouts": f"/apis/argoproj.io/v1alpha1/{space}/rollouts",
        "analyses": f"/apis/argoproj.io/v1alpha1/{space}/analysisruns",
        "templates of analyses": f"/apis/argoproj.io/v1alpha1/{space}/analysistemplates",
        "scaled objects": f"/apis/keda.sh/v1alpha1/{space}/scaledobjects",
        "targets of measurements": f"/apis/azmonitoring.coreos.com/v1/{space}/servicemonitors",
        "use of processors": f"/apis/metrics.k8s.io/v1beta1/{space}/pods",
        "disruption budgets": f"/apis/policy/v1/{space}/poddisruptionbudgets",
        "roles": f"{RBAC}/{space}/roles",
        "role bindings": f"{RBAC}/{space}/rolebindings",
        "leases": f"/apis/coordination.k8s.io/v1/{space}/leases",
    }
    return [
        *(Attempt(f"list {what}", "GET", path) for what, path in listed.items()),
        Attempt("get a pod", "GET", f"{core}/pods/server"),
        Attempt("get a secret", "GET", f"{core}/secrets/api-key"),
        Attempt("watch pods", "GET", f"{core}/pods", query={"watch": "1", "timeoutSeconds": 1}),
        Attempt("watch secrets", "GET", f"{core}/secrets", query={"watch": "1", "timeoutSeconds": 1}),
        Attempt("get the namespace", "GET", core),
    ]


def reaching(other: str) -> list[Attempt]:
    """Return every way into a pod or a service."""
    core = f"/api/v1/namespaces/{other}"
    command = {"command": "sh", "stdout": "1"}
    return [
        Attempt("read a log", "GET", f"{core}/pods/server/log"),
        Attempt("exec", "POST", f"{core}/pods/server/exec", query=command),
        Attempt("exec by GET", "GET", f"{core}/pods/server/exec", query=command),
        Attempt("attach", "POST", f"{core}/pods/server/attach", query={"stdout": "1"}),
        Attempt("forward a port", "POST", f"{core}/pods/server/portforward", query={"ports": 8080}),
        Attempt("proxy to a pod", "GET", f"{core}/pods/server/proxy/v2"),
        Attempt("proxy to a service", "GET", f"{core}/services/server:http/proxy/v2"),
        Attempt(
            "add a container",
            "PATCH",
            f"{core}/pods/server/ephemeralcontainers",
            {"spec": {"ephemeralContainers": [{**small_pod("x", other)["spec"]["containers"][0], "name": "x"}]}},
            query=DRY,
            content_type="application/strategic-merge-patch+json",
        ),
    ]


def changing(other: str) -> list[Attempt]:
    """Return every way to change what is there."""
    core = f"/api/v1/namespaces/{other}"
    label = {"metadata": {"labels": {"mine": "now"}}}
    merge = "application/merge-patch+json"
    token = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    evict = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": "server"},
        "deleteOptions": {"dryRun": ["All"]},
    }
    return [
        Attempt("create a pod", "POST", f"{core}/pods", small_pod("intruder", other), query=DRY),
        Attempt("create a secret", "POST", f"{core}/secrets", secret("intruder", other), query=DRY),
        Attempt("create a config map", "POST", f"{core}/configmaps", named("ConfigMap", "x", other), query=DRY),
        Attempt("patch a pod", "PATCH", f"{core}/pods/server", label, query=DRY, content_type=merge),
        Attempt("patch a secret", "PATCH", f"{core}/secrets/api-key", label, query=DRY, content_type=merge),
        Attempt("lift the quota", "PATCH", f"{core}/resourcequotas/quota", label, query=DRY, content_type=merge),
        Attempt("relabel the namespace", "PATCH", core, label, query=DRY, content_type=merge),
        Attempt("delete a pod", "DELETE", f"{core}/pods/server", query=DRY),
        Attempt("delete all pods", "DELETE", f"{core}/pods", query=DRY),
        Attempt("delete the namespace", "DELETE", core, query=DRY),
        Attempt("evict a pod", "POST", f"{core}/pods/server/eviction", evict),
        Attempt("take a token", "POST", f"{core}/serviceaccounts/models/token", token, query=DRY),
    ]


def binding(name: str, namespace: str, kind: str, role: str, group: str) -> dict[str, Any]:
    """Return a binding of a role to a group."""
    api = "rbac.authorization.k8s.io"
    return named(
        "RoleBinding",
        name,
        namespace,
        version=f"{api}/v1",
        roleRef={"apiGroup": api, "kind": kind, "name": role},
        subjects=[{"apiGroup": api, "kind": "Group", "name": group}],
    )


def rising(own: str, other: str, group: str) -> list[Attempt]:
    """Return every way to more rights: in the other's namespace, in one's own, in the cluster."""
    everything = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*", "escalate", "bind", "impersonate"]}]
    cluster = {
        **binding("x", "", "ClusterRole", "cluster-admin", group),
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "intruder"},
    }
    merge = "application/merge-patch+json"
    version = "rbac.authorization.k8s.io/v1"
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": "edit@x", "resourceAttributes": {"namespace": other, "verb": "get", "resource": "secrets"}},
    }
    return [
        *(
            Attempt(
                f"bind {role} in {space}",
                "POST",
                f"{RBAC}/namespaces/{space}/rolebindings",
                binding("intruder", space, kind, role, group),
                query=DRY,
            )
            for space in (own, other)
            for kind, role in (("ClusterRole", "cluster-admin"), ("ClusterRole", "view"), ("Role", "edit"))
        ),
        *(
            Attempt(
                f"escalate a role of {space}",
                "PATCH",
                f"{RBAC}/namespaces/{space}/roles/edit",
                {"rules": everything},
                query=DRY,
                content_type=merge,
            )
            for space in (own, other)
        ),
        Attempt(
            "make a role",
            "POST",
            f"{RBAC}/namespaces/{own}/roles",
            named("Role", "intruder", own, version=version, rules=everything),
            query=DRY,
        ),
        Attempt(
            "make a cluster role",
            "POST",
            f"{RBAC}/clusterroles",
            named("ClusterRole", "intruder", version=version, rules=everything),
            query=DRY,
        ),
        Attempt("bind cluster-admin in the cluster", "POST", f"{RBAC}/clusterrolebindings", cluster, query=DRY),
        Attempt("ask what others may", "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review),
    ]


def posing(own: str, other: str, groups: list[str]) -> list[Attempt]:
    """Return every way to pose as somebody else, tried on something that one may do oneself and on what one may not."""
    own_pods, others = f"/api/v1/namespaces/{own}/pods", f"/api/v1/namespaces/{other}/secrets"
    masks = {
        "the administrator": {"Impersonate-User": "kubernetes-admin", "Impersonate-Group": "system:masters"},
        "the other's pods": {"Impersonate-User": f"system:serviceaccount:{other}:models"},
        "a controller": {"Impersonate-User": "system:kube-controller-manager"},
        **{f"group {group}": {"Impersonate-User": "x", "Impersonate-Group": group} for group in groups},
    }
    return [
        Attempt(f"pose as {who} to see {where}", "GET", path, headers=mask)
        for who, mask in masks.items()
        for where, path in (("one's own", own_pods), ("the other's", others))
    ]


def everywhere() -> list[Attempt]:
    """Return every way to look at the whole cluster, in which the other is."""
    listed = {
        "namespaces": "/api/v1/namespaces",
        "all pods": "/api/v1/pods",
        "all secrets": "/api/v1/secrets",
        "all config maps": "/api/v1/configmaps",
        "all services": "/api/v1/services",
        "all events": "/api/v1/events",
        "all deployments": "/apis/apps/v1/deployments",
        "all ingresses": "/apis/networking.k8s.io/v1/ingresses",
        "all role bindings": f"{RBAC}/rolebindings",
        "cluster role bindings": f"{RBAC}/clusterrolebindings",
        "nodes": "/api/v1/nodes",
        "volumes": "/api/v1/persistentvolumes",
        "webhooks": "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
        "certificate requests": "/apis/certificates.k8s.io/v1/certificatesigningrequests",
        "metrics of the API server": "/metrics",
    }
    return [Attempt(f"list {what}", "GET", path) for what, path in listed.items()]


def attempts(own: Team, other: Team) -> list[Attempt]:
    """Return everything that one team tries against another."""
    mine, theirs = load_stack(f"{own.name}-prod").team.groups, load_stack(f"{other.name}-prod").team.groups
    return [
        *looking(other.namespace),
        *reaching(other.namespace),
        *changing(other.namespace),
        *rising(own.namespace, other.namespace, mine.edit[0]),
        *posing(own.namespace, other.namespace, [theirs.edit[0], theirs.view[0]]),
        *everywhere(),
    ]


def snapshot(kube: KubeClient, namespace: str) -> dict[str, list[tuple[str, str]]]:
    """Return name and version of what is in a namespace."""
    kinds = {
        "Pod": "v1",
        "Secret": "v1",
        "ConfigMap": "v1",
        "Role": "rbac.authorization.k8s.io/v1",
        "RoleBinding": "rbac.authorization.k8s.io/v1",
    }
    return {
        kind: [
            (each["metadata"]["name"], each["metadata"]["uid"]) for each in kube.list(version, kind, namespace)["items"]
        ]
        for kind, version in kinds.items()
    }


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_a_team_sees_and_reaches_nothing_of_another(
    kube: KubeClient, teams: dict[str, Team], own: str, other: str
) -> None:
    """Neither its people nor its pods look, reach, change, rise or pose: each attempt is answered 403."""
    before = snapshot(kube, teams[other].namespace)
    tried = [(caller, attempt) for caller in teams[own].callers for attempt in attempts(teams[own], teams[other])]

    answers = {f"{caller.name}: {attempt.what}": attempt.by(caller) for caller, attempt in tried}

    assert {what: answer for what, answer in answers.items() if answer[0] != 403} == {}
    # Nobody even becomes somebody else: it is posing that is refused, not what the other may not do.
    posed = {what: str(answer) for what, (_, answer) in answers.items() if ": pose as" in what}
    assert [what for what, answer in posed.items() if "cannot impersonate" not in answer] == []
    assert (len(answers), len(posed)) == (3 * 87, 3 * 10)
    assert snapshot(kube, teams[other].namespace) == before


def test_every_attempt_is_one_that_an_administrator_could_make(teams: dict[str, Team], administrator: Caller) -> None:
    """So that 403 says who asked, and not that the request was malformed: for the administrator none is forbidden."""
    tried = attempts(teams["fraud"], teams["vision"])

    answers = {attempt.what: attempt.by(administrator) for attempt in tried}

    # A connection that is not upgraded, a pod without a node, or a mask that may do nothing: none of it is a refusal.
    connections = {
        "exec",
        "exec by GET",
        "attach",
        "forward a port",
        "proxy to a pod",
        "proxy to a service",
        "read a log",
    }
    refused = {what: answer for what, answer in answers.items() if answer[0] in (401, 403)}
    assert {what: answer for what, answer in refused.items() if not what.startswith("pose as ")} == {}
    assert [what for what, answer in refused.items() if "cannot impersonate" in str(answer)] == []
    failed = {what: answer for what, answer in answers.items() if answer[0] >= 300 and what not in refused}
    assert {what: answer for what, answer in failed.items() if what not in connections} == {}


@pytest.mark.parametrize("name", TEAMS)
def test_a_team_has_what_is_its_own(kube: KubeClient, teams: dict[str, Team], name: str) -> None:
    """People look at everything but secrets, editors restart a pod, and pods are known but may do nothing."""
    team = teams[name]
    core = f"/api/v1/namespaces/{team.namespace}"
    kube.apply(small_pod("restarted", team.namespace), field_manager="component-test", force=True)
    looks = [
        f"{core}/pods",
        f"{core}/pods/server",
        f"{core}/events",
        f"{core}/resourcequotas",
        f"/apis/apps/v1/namespaces/{team.namespace}/deployments",
        f"/apis/networking.k8s.io/v1/namespaces/{team.namespace}/networkpolicies",
    ]
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}

    for person in (team.editor, team.viewer):
        assert {path: person.call("GET", path)[0] for path in looks} == dict.fromkeys(looks, 200)
        assert person.call("GET", f"{core}/secrets")[0] == 403
    assert team.viewer.call("DELETE", f"{core}/pods/restarted")[0] == 403
    assert team.editor.call("DELETE", f"{core}/pods/restarted")[0] == 200
    status, known = team.pods.call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
    assert (status, known["status"]["userInfo"]["username"]) == (
        201,
        f"system:serviceaccount:{team.namespace}:models",
    )
    assert {path: team.pods.call("GET", path)[0] for path in looks} == dict.fromkeys(looks, 403)


def test_nobody_is_let_in_without_credentials(teams: dict[str, Team]) -> None:
    """Not even to an empty list."""
    credentials = teams["fraud"].pods.credentials
    nobody = Caller("nobody", type(credentials)(credentials.server, credentials.ca_file, None, None, None))
    forged = Caller("forged", type(credentials)(credentials.server, credentials.ca_file, None, None, "not.a.token"))

    assert nobody.call("GET", "/api/v1/namespaces/team-fraud/pods")[0] in (401, 403)
    assert forged.call("GET", "/api/v1/namespaces/team-fraud/pods")[0] == 401
