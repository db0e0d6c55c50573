"""What the real API server asks the gate's real OPA of sessions and deletions, by the component's own webhook rules."""

from __future__ import annotations

import base64
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from components.kubernetes import admission_webhook
from headgate.audit import LedgerReader
from headgate.policy.bundle import Bundle
from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.layout import StateDir
from tests.component.gate.conftest import free_port, start_webhook, webhook
from tests.component.region.steps import apply, named, until
from tests.component.region.test_audit import collector

__all__ = ["collector", "start_webhook", "webhook"]

pytestmark = pytest.mark.component

VERSION = "admissionregistration.k8s.io/v1"
OWN, GATE = "component-sessions", "admission.headgate.dev"
PODS, COMMAND = f"/api/v1/namespaces/{OWN}/pods/server", {"command": "sh", "stdout": "1"}
SESSIONS = {
    "exec": ("POST", f"{PODS}/exec", COMMAND),
    "attach": ("POST", f"{PODS}/attach", {"stdout": "1"}),
    "port-forward": ("POST", f"{PODS}/portforward", {"ports": "8080"}),
    "pod proxy": ("GET", f"{PODS}/proxy/v2", {}),
    "service proxy": ("GET", f"/api/v1/namespaces/{OWN}/services/server/proxy/v2", {}),
    "node proxy": ("GET", "/api/v1/nodes/node-0/proxy/pods", {}),
}
PROTECTED = {"headgate.dev/protected": "true"}


@contextmanager
def judging(kube: KubeClient, port: int, authorities: bytes, told: str = "[HG-SV-010]") -> Iterator[None]:
    """Have a gate asked for a while about what goes and who connects; what is written is others' tests' business.

    `told` is what an answer has to say before it counts: on a busy machine a gate's first ones may come too late.
    """
    made = admission_webhook.webhook("headgate-gate", "opa")
    rules = [each for each in made["rules"] if not {"CREATE", "UPDATE"} & set(each["operations"])]
    selector = made["namespace_selector"]["match_expressions"]
    hook = {
        "name": made["name"],
        "admissionReviewVersions": made["admission_review_versions"],
        "clientConfig": {
            "url": f"https://localhost:{port}/",
            "caBundle": base64.b64encode(authorities).decode(),
        },
        "failurePolicy": made["failure_policy"],
        "matchPolicy": made["match_policy"],
        "sideEffects": made["side_effects"],
        "rules": [{_camel(name): each for name, each in rule.items()} for rule in rules],
        "namespaceSelector": {"matchExpressions": selector},
        "matchConditions": made["match_conditions"],
    }
    apply(kube, named("ValidatingWebhookConfiguration", OWN, None, VERSION, webhooks=[hook]))
    try:
        # A configuration takes a moment to be read.
        until(lambda: told in answer(kube, *SESSIONS["exec"]))
        yield
    finally:
        kube.delete(VERSION, "ValidatingWebhookConfiguration", OWN)
        until(lambda: "webhook" not in answer(kube, *SESSIONS["exec"]))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(each.capitalize() for each in rest)


@pytest.fixture(scope="module", autouse=True)
def namespace(kube: KubeClient) -> Iterator[None]:
    """Make the namespace in which somebody tries; that there is no pod in it is found out after the gate was asked."""
    apply(kube, named("Namespace", OWN))
    yield
    kube.delete("v1", "Namespace", OWN)


@pytest.fixture
def gate(kube: KubeClient, namespace: None, webhook: Any) -> Iterator[None]:
    """Have the rules of a production cluster decide."""
    with judging(kube, webhook.port, webhook.authorities):
        yield


def answer(kube: KubeClient, method: str, path: str, query: dict[str, str]) -> str:
    """Return what an administrator is answered."""
    try:
        kube.request(method, path, query=query)
    except KubeError as error:
        return f"{error.status} {error.message}"
    return "200"


def stop(pid: int) -> None:
    """Have a process stand still. A thread that waits for a processor takes the signal late, and answers until then."""
    os.kill(pid, signal.SIGSTOP)
    threads = Path(f"/proc/{pid}/task")
    until(lambda: {_state(each) for each in threads.iterdir()} == {"T"})


def _state(thread: Path) -> str:
    # The name, in parentheses, may hold anything.
    return (thread / "stat").read_text().rpartition(")")[2].split()[0]


def gone(kube: KubeClient, namespace: str) -> bool:
    """Say whether a namespace is gone, with all that was in it."""
    try:
        kube.get("v1", "Namespace", namespace)
    except KubeError as error:
        return error.status == 404
    return False


def test_no_session_is_opened_in_what_runs(kube: KubeClient, gate: None) -> None:
    """Not even by who may do anything: the rule's own words come back."""
    said = {way: answer(kube, *asked) for way, asked in SESSIONS.items()}

    assert {way: (each[:3], "[HG-SV-010]" in each) for way, each in said.items()} == dict.fromkeys(
        SESSIONS, ("403", True)
    ), said


def test_the_clusters_own_namespace_is_not_asked_about(kube: KubeClient, gate: None) -> None:
    """The answer is that of a pod that is not there."""
    said = answer(kube, "POST", "/api/v1/namespaces/kube-system/pods/server/exec", COMMAND)

    assert "webhook" not in said, said


def test_a_protected_namespace_stays_until_its_protection_is_off(kube: KubeClient, gate: None) -> None:
    """The second time it goes, and the cluster's own controllers take what is in it along."""
    apply(kube, named("Namespace", "component-held", metadata={"labels": PROTECTED}))
    apply(kube, named("ConfigMap", "kept", "component-held", data={"a": "b"}))
    refused = answer(kube, "DELETE", "/api/v1/namespaces/component-held", {})
    kube.patch("v1", "Namespace", "component-held", {"metadata": {"labels": {"headgate.dev/protected": None}}})
    kube.delete("v1", "Namespace", "component-held")

    assert (refused[:3], "[HG-AP-006]" in refused) == ("403", True), refused
    until(lambda: gone(kube, "component-held"))


def test_with_the_gate_down_sessions_are_closed_and_the_cluster_clears_up(kube: KubeClient, webhook: Any) -> None:
    """Closed on failure for those who connect; what a deleted owner leaves behind goes all the same."""
    labels = {"app": "left"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "a"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    apply(kube, named("Deployment", "left", OWN, "apps/v1", spec=spec))
    owned = f"/apis/apps/v1/namespaces/{OWN}/replicasets"
    until(lambda: bool(kube.request("GET", owned)["items"]))
    with judging(kube, free_port(), webhook.authorities, "failed calling webhook"):
        refused = answer(kube, *SESSIONS["exec"])
        kube.delete("apps/v1", "Deployment", "left", OWN)
        until(lambda: not kube.request("GET", owned)["items"])
        until(lambda: not kube.request("GET", f"/api/v1/namespaces/{OWN}/pods")["items"])

    assert "failed calling webhook" in refused, refused


def test_a_gate_that_hangs_closes_and_opens_again_by_itself(kube: KubeClient, gate: None, webhook: Any) -> None:
    """OPA does not answer in time: the API server says so. What runs stays, and nothing is started anew afterwards."""
    apply(kube, named("ConfigMap", "running", OWN, data={"a": "b"}))
    stop(webhook.pid)
    try:
        refused = answer(kube, *SESSIONS["exec"])
        there = kube.get("v1", "ConfigMap", "running", OWN)["data"]
    finally:
        os.kill(webhook.pid, signal.SIGCONT)
    until(lambda: "[HG-SV-010]" in answer(kube, *SESSIONS["exec"]))

    assert ("failed calling webhook" in refused, "deadline" in refused or "timeout" in refused.lower()) == (
        True,
        True,
    ), refused
    assert there == {"a": "b"}


def test_a_gate_that_ran_out_of_memory_closes(kube: KubeClient, start_webhook: Any) -> None:
    """The kernel ends it without a word: nobody listens, and the API server says that."""
    own = start_webhook(Bundle.find().admission_files("prod"))
    with judging(kube, own.port, own.authorities):
        before = answer(kube, *SESSIONS["exec"])
        os.kill(own.pid, signal.SIGKILL)
        until(lambda: "refused" in answer(kube, *SESSIONS["exec"]))
        after = answer(kube, *SESSIONS["exec"])

    assert ("[HG-SV-010]" in before, "failed calling webhook" in after) == (True, True), (before, after)


def test_decisions_that_a_killed_gate_had_not_sent_are_in_the_ledger(
    collector: None, kube: KubeClient, sandbox: StateDir, start_webhook: Any
) -> None:
    """Nobody took them, and it is killed: what was let through and what was refused is told by the API server."""
    apply(kube, named("Namespace", "component-let-go"))
    gate = start_webhook(Bundle.find().admission_files("prod"), f"http://127.0.0.1:{free_port()}/v1/opa")
    with judging(kube, gate.port, gate.authorities):
        refused = answer(kube, *SESSIONS["exec"])
        kube.delete("v1", "Namespace", "component-let-go")
        os.kill(gate.pid, signal.SIGKILL)

    def told() -> dict[str, tuple[str, str]]:
        reader = LedgerReader(sandbox.ledger)
        found = {}
        for document in (reader.document(entry) for _, entry in reader.entries()):
            notes = (document["data"] or {}).get("annotations") or {}
            if f"{GATE}/decision" in notes:
                assert notes[f"{GATE}/decision"]
                found[document["data"]["name"]] = (notes[f"{GATE}/verdict"], notes[f"{GATE}/rules"])
        return found

    let_go, server = "component-let-go/component-let-go", f"{OWN}/server"
    until(lambda: told().keys() >= {let_go, server})
    assert "[HG-SV-010]" in refused
    assert (told()[let_go], told()[server]) == (("allow", ""), ("deny", "HG-SV-010"))
