"""What no gate is asked about, being exempt or inside of a pod: nobody has the right to it."""

from __future__ import annotations

import pytest

from headgate.sandbox.kube import KubeClient
from tests.component.tenancy.conftest import Caller, Team, small_pod
from tests.component.tenancy.test_isolation import DRY, Attempt

pytestmark = pytest.mark.component

MERGE = "application/merge-patch+json"
GATE = "headgate-gate"


def against_the_gate() -> list[Attempt]:
    """Return every way to take the gate away, or to have it decide otherwise."""
    admission = "/apis/admissionregistration.k8s.io/v1"
    hooks, opa = f"{admission}/validatingwebhookconfigurations", f"/apis/apps/v1/namespaces/{GATE}/deployments/opa"
    own = f"/api/v1/namespaces/{GATE}"
    return [
        Attempt("open the webhook", "PATCH", f"{hooks}/headgate-admission", {"webhooks": []}, content_type=MERGE),
        Attempt("delete the webhook", "DELETE", f"{hooks}/headgate-admission", query=DRY),
        Attempt("delete all webhooks", "DELETE", hooks, query=DRY),
        Attempt("add a webhook that changes objects", "POST", f"{admission}/mutatingwebhookconfigurations", {}),
        Attempt("delete the gate's workload", "DELETE", opa, query=DRY),
        Attempt("scale the gate down", "PATCH", f"{opa}/scale", {"spec": {"replicas": 0}}, content_type=MERGE),
        Attempt("change its rules", "PATCH", f"{own}/configmaps/opa-rules", {"data": {}}, content_type=MERGE),
        Attempt("take its key", "GET", f"{own}/secrets/opa-tls"),
        Attempt("exec in it", "POST", f"{own}/pods/opa-0/exec", query={"command": "sh", "stdout": "1"}),
        Attempt("ask it past the API server", "GET", f"{own}/services/https:opa:https/proxy/v1/policies"),
        Attempt("delete its namespace", "DELETE", own, query=DRY),
        Attempt("write where it is not asked", "POST", f"{own}/pods", small_pod("intruder", GATE), query=DRY),
    ]


def past_the_gate(own: str) -> list[Attempt]:
    """Return every way to change what runs in one's own namespace without asking for a write that the gate judges."""
    core, command = f"/api/v1/namespaces/{own}", {"command": "sh", "stdout": "1"}
    label = {"metadata": {"labels": {"kubernetes.io/metadata.name": "kube-system"}}}
    scale = {"spec": {"replicas": 100}}
    return [
        Attempt("exec", "POST", f"{core}/pods/server/exec", query=command),
        Attempt("attach", "POST", f"{core}/pods/server/attach", query={"stdout": "1"}),
        Attempt("forward a port", "POST", f"{core}/pods/server/portforward", query={"ports": 8080}),
        Attempt("proxy to a pod", "GET", f"{core}/pods/server/proxy/v2"),
        Attempt("proxy to a service", "GET", f"{core}/services/server:http/proxy/v2"),
        Attempt("proxy to a node", "GET", "/api/v1/nodes/node-0/proxy/pods"),
        Attempt("debug", "PATCH", f"{core}/pods/server/ephemeralcontainers", {"spec": {}}, content_type=MERGE),
        Attempt(
            "scale", "PATCH", f"/apis/apps/v1/namespaces/{own}/deployments/server/scale", scale, content_type=MERGE
        ),
        Attempt("leave the selector by a label", "PATCH", core, label, query=DRY, content_type=MERGE),
        Attempt("write into kube-system", "POST", "/api/v1/namespaces/kube-system/pods", small_pod("x", "kube-system")),
    ]


def test_a_team_neither_takes_the_gate_away_nor_goes_past_it(teams: dict[str, Team]) -> None:
    """Neither its people nor its pods: each attempt is answered 403."""
    team = teams["fraud"]
    attempts = [*against_the_gate(), *past_the_gate(team.namespace)]
    answers = {f"{caller.name}: {each.what}": each.by(caller)[0] for caller in team.callers for each in attempts}

    assert {what: status for what, status in answers.items() if status != 403} == {}
    assert len(answers) == 3 * 22


def test_what_is_refused_is_refused_for_want_of_rights(administrator: Caller, teams: dict[str, Team]) -> None:
    """An administrator is answered that there is no such thing, or that the request is wrong: anything but 403."""
    reached = [*against_the_gate(), *past_the_gate(teams["fraud"].namespace)]
    harmless = [each for each in reached if each.query == DRY or each.method == "GET"]

    assert [each.what for each in harmless if each.by(administrator)[0] == 403] == []


def test_no_label_takes_a_namespace_out_of_the_webhook(kube: KubeClient) -> None:
    """The webhook selects by the label that the API server itself writes, whatever anybody says."""
    name, label = "escaping", "kubernetes.io/metadata.name"
    asked = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {label: "kube-system"}}}

    made = kube.apply(asked, field_manager="component-test", force=True)
    kube.delete("v1", "Namespace", name)

    assert made["metadata"]["labels"][label] == name
