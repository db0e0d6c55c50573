"""Workloads that are real programs: behind Services, in step with their Deployments, fail closed."""

from __future__ import annotations

import base64
import json
import os
import signal
import stat
from collections.abc import Iterator

import pytest

from headgate.sandbox import network
from headgate.sandbox.control import Control, RegionEndpoints
from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority
from tests.component.region.steps import MANAGER, apply, named, process, until

pytestmark = pytest.mark.component

POLICY = """package system
main := {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {
  "uid": input.request.uid, "allowed": count(deny) == 0, "status": {"message": concat(", ", deny)}}}
deny contains "latest is not a version" if {
  some c in input.request.object.spec.containers
  endswith(c.image, ":latest")
}
"""


@pytest.fixture(scope="module")
def opa(kube: KubeClient, namespace: str, sandbox: StateDir) -> str:
    """Return the name of a Deployment that is a real OPA behind a Service."""
    pair = Authority(sandbox).server("component-opa", [f"opa.{namespace}.svc"])
    tls = {"tls.crt": encoded(pair.cert.read_bytes()), "tls.key": encoded(pair.key.read_bytes())}
    container = {
        "name": "opa",
        "image": "hg.azurecr.io/runtimes/opa:1@sha256:" + "0" * 64,
        "args": [
            "run",
            "--server",
            "--addr=:8443",
            "--tls-cert-file=/certs/tls.crt",
            "--tls-private-key-file=/certs/tls.key",
            "/policy",
        ],
        "ports": [{"name": "https", "containerPort": 8443}],
        "readinessProbe": {"httpGet": {"path": "/health", "port": "https", "scheme": "HTTPS"}},
        "volumeMounts": [{"name": "certs", "mountPath": "/certs"}, {"name": "policy", "mountPath": "/policy"}],
    }
    mounted = [{"name": "certs", "secret": {"secretName": "tls"}}, {"name": "policy", "configMap": {"name": "policy"}}]
    labels = {"app": "opa"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], "volumes": mounted}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    service = {
        "selector": labels,
        "ports": [{"name": "https", "port": 443, "targetPort": "https"}],
        "type": "LoadBalancer",
    }
    apply(
        kube,
        named("Secret", "tls", namespace, type="kubernetes.io/tls", data=tls),
        named("ConfigMap", "policy", namespace, data={"main.rego": POLICY}),
        named("Deployment", "opa", namespace, "apps/v1", spec=spec),
        named("Service", "opa", namespace, spec=service),
    )
    until(lambda: available(kube, namespace) == 2)
    return "opa"


def available(kube: KubeClient, namespace: str) -> int:
    """Return how many replicas are available."""
    status = kube.get("apps/v1", "Deployment", "opa", namespace).get("status", {})
    return int(status.get("availableReplicas", 0))


def encoded(data: bytes) -> str:
    """Return base64 text."""
    return base64.b64encode(data).decode()


@pytest.fixture(scope="module")
def webhook(kube: KubeClient, namespace: str, opa: str, sandbox: StateDir) -> Iterator[None]:
    """Have the real OPA judge pods of the namespace, fail closed, while these tests run."""
    hook = {
        "name": "opa.component.test",
        "clientConfig": {
            "service": {"name": opa, "namespace": namespace},
            "caBundle": encoded(Authority(sandbox).ca_cert.read_bytes()),
        },
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 5,
        "namespaceSelector": {"matchLabels": {"judged": "yes"}},
    }
    version = "admissionregistration.k8s.io/v1"
    apply(
        kube,
        named("Namespace", "component-judged", metadata={"labels": {"judged": "yes"}}),
        named("ValidatingWebhookConfiguration", "component", None, version, webhooks=[hook]),
    )
    yield
    kube.delete(version, "ValidatingWebhookConfiguration", "component")
    kube.delete("v1", "Namespace", "component-judged")


def verdict(kube: KubeClient, image: str) -> str:
    """Ask for a pod, without making it; return what the gate says."""
    document = named("Pod", "asked", "component-judged", spec={"containers": [{"name": "c", "image": image}]})
    try:
        kube.apply(document, field_manager=MANAGER, dry_run=True)
    except KubeError as error:
        return error.message
    return "allowed"


def test_a_webhook_s_service_reaches_the_real_process(kube: KubeClient, webhook: None) -> None:
    """An ordinary webhook configuration, answered by the real OPA through the egress proxy."""
    until(lambda: "latest is not a version" in verdict(kube, "web:latest"))

    assert verdict(kube, "web:1") == "allowed"


def test_a_killed_workload_denies_and_comes_back(kube: KubeClient, webhook: None, control: Control) -> None:
    """Fail closed while the process is away; its Service reaches the new one."""
    until(lambda: "latest is not a version" in verdict(kube, "web:latest"))
    before = process(control, ".opa.opa")
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)

    until(lambda: "failed calling webhook" in verdict(kube, "web:1"))
    until(lambda: process(control, ".opa.opa").restarts == before.restarts + 1)
    until(lambda: verdict(kube, "web:1") == "allowed")


def test_a_changed_config_map_is_rewritten_on_disk(
    kube: KubeClient, namespace: str, opa: str, sandbox: StateDir, region: RegionEndpoints
) -> None:
    """In place, private, without a restart."""
    path = sandbox.region(region.cluster) / "workloads" / f"{namespace}.opa" / "policy" / "main.rego"
    changed = POLICY + "# changed\n"
    apply(kube, named("ConfigMap", "policy", namespace, data={"main.rego": changed}))

    until(lambda: path.read_text() == changed)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_load_balancer_has_an_address_that_leads_somewhere(
    kube: KubeClient, namespace: str, opa: str, sandbox: StateDir, control: Control
) -> None:
    """As a cloud controller gives one, and in the network map."""

    def address() -> str | None:
        rows = kube.get("v1", "Service", "opa", namespace)["status"]["loadBalancer"].get("ingress")
        return rows[0]["ip"] if rows else None

    until(lambda: address() is not None)
    until(lambda: network.resolve(sandbox, str(address()), 443) is not None)
    assert network.resolve(sandbox, str(address()), 443) == ("127.0.0.1", process(control, ".opa.opa").ports["p8443"])


def test_a_workload_that_can_t_run_says_why(kube: KubeClient, namespace: str) -> None:
    """Its pods stay unready with the reason, as under a kubelet."""
    labels = {"app": "shell"}
    container = {"name": "c", "image": "hg.azurecr.io/runtimes/opa:1", "command": ["/bin/sh"]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    apply(kube, named("Deployment", "shell", namespace, "apps/v1", spec=spec))

    def reason() -> str:
        pods = kube.list("v1", "Pod", namespace, label_selector="app=shell")["items"]
        return json.dumps([each.get("status", {}).get("containerStatuses") for each in pods])

    until(lambda: "the sandbox runs image opa as opa, not as /bin/sh" in reason())
    assert "CreateContainerError" in reason()
    kube.delete("apps/v1", "Deployment", "shell", namespace)


def test_a_deployment_scaled_to_nothing_ends_its_process(
    kube: KubeClient, namespace: str, opa: str, control: Control, sandbox: StateDir, region: RegionEndpoints
) -> None:
    """With its Secrets on disk."""
    kube.patch("apps/v1", "Deployment", opa, {"spec": {"replicas": 0}}, namespace=namespace)

    until(lambda: not any(each.name.endswith(".opa.opa") for each in control.processes()))
    until(lambda: not (sandbox.region(region.cluster) / "workloads" / f"{namespace}.opa").exists())
