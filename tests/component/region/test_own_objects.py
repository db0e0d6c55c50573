"""What a real API server makes of a gate that is down when it has what Kubernetes brings to write before it starts."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from components.kubernetes import admission_webhook
from headgate.sandbox.control import Control, RegionEndpoints, State
from headgate.sandbox.kube import KubeClient, KubeError
from tests.component.gate.conftest import free_port
from tests.component.region.steps import apply, named, process, until

pytestmark = pytest.mark.component

VERSION, RBAC, GATE = "admissionregistration.k8s.io/v1", "rbac.authorization.k8s.io", "component-own-roles"
# One whom it would end over at once, and one after minutes.
OWN = (
    (f"{RBAC}/v1", "ClusterRole", "system:monitoring"),
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", "service-accounts"),
)


@pytest.fixture
def down(kube: KubeClient) -> Iterator[None]:
    """Have rights and flows judged by a gate where nobody answers; what else is written is others' tests' business."""
    made = admission_webhook.webhook("headgate-gate", "opa")
    hook = {
        "name": made["name"],
        "admissionReviewVersions": made["admission_review_versions"],
        "clientConfig": {"url": f"https://localhost:{free_port()}/"},
        "failurePolicy": made["failure_policy"],
        "sideEffects": made["side_effects"],
        "timeoutSeconds": made["timeout_seconds"],
        "rules": [
            {
                "apiGroups": [version.partition("/")[0] for version, _, _ in OWN],
                "apiVersions": ["*"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["*"],
            },
        ],
        "matchConditions": made["match_conditions"],
    }
    apply(kube, named("ValidatingWebhookConfiguration", GATE, None, VERSION, webhooks=[hook]))
    yield
    kube.delete(VERSION, "ValidatingWebhookConfiguration", GATE)


def written(kube: KubeClient) -> str:
    """Return what an administrator is answered who writes a role."""
    try:
        apply(kube, named("ClusterRole", GATE, None, f"{RBAC}/v1", rules=[]))
    except KubeError as error:
        return error.message
    return "written"


def is_there(kube: KubeClient, version: str, kind: str, name: str) -> bool:
    """Say whether an object exists, by an API server that may be starting."""
    try:
        return bool(kube.get(version, kind, name))
    except KubeError:
        return False


def test_an_api_server_writes_what_it_brings_past_a_gate_that_is_down(
    kube: KubeClient, region: RegionEndpoints, control: Control, down: None
) -> None:
    """What it lacks, as after an upgrade; an administrator's role it does not."""
    until(lambda: "failed calling webhook" in written(kube))
    for each in OWN:
        kube.delete(*each)
    before = process(control, "/kube-apiserver")
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: process(control, "/kube-apiserver").restarts > before.restarts)
    until(lambda: next(each for each in control.regions() if each.cluster == region.cluster).state is State.READY)

    until(lambda: all(is_there(kube, *each) for each in OWN))
    assert "failed calling webhook" in written(kube)
    assert process(control, "/kube-apiserver").restarts == before.restarts + 1
