"""Our rules of Pod Security agree with the API server's admission plugin, case by case."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pod_specifications import BREAKS, SOUND, changed

from headgate.sandbox.kube import KubeClient, KubeError
from lint.manifests import Manifest
from lint.pod_security import findings

pytestmark = pytest.mark.component
NAMESPACE = "restricted-pods"


@pytest.fixture(scope="module")
def namespace(kube: KubeClient) -> Iterator[str]:
    """Return a namespace that admits restricted pods alone, with the account that pods run as."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    kube.request("POST", "/api/v1/namespaces", body=body)
    deadline = time.monotonic() + 60
    while not _exists(kube, f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default"):
        assert time.monotonic() < deadline, "the namespace got no service account"
        time.sleep(0.05)
    yield NAMESPACE
    kube.request("DELETE", f"/api/v1/namespaces/{NAMESPACE}")


def _exists(kube: KubeClient, path: str) -> bool:
    try:
        kube.request("GET", path)
    except KubeError:
        return False
    return True


def admitted(kube: KubeClient, namespace: str, spec: dict[str, Any]) -> bool:
    """Ask the API server, which writes nothing. What no API server takes at all does not reach Pod Security (422)."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "trial"}, "spec": copy.deepcopy(spec)}
    try:
        kube.request("POST", f"/api/v1/namespaces/{namespace}/pods", query={"dryRun": "All"}, body=pod)
    except KubeError as error:
        if error.status == 422 or (error.status == 403 and "violates PodSecurity" in error.message):
            return False
        raise
    return True


def test_the_sound_pod_is_admitted(kube: KubeClient, namespace: str) -> None:
    """By both."""
    assert admitted(kube, namespace, SOUND)


@pytest.mark.parametrize(("rule", "path", "value"), BREAKS, ids=[f"{rule}-{path}" for rule, path, _ in BREAKS])
def test_what_breaks_a_rule_is_refused(kube: KubeClient, namespace: str, rule: str, path: str, value: Any) -> None:
    """By both."""
    spec = changed(path, value)
    ours = [each.rule for each in findings(Manifest("", {"kind": "Pod", "metadata": {"name": "trial"}, "spec": spec}))]

    assert (ours, admitted(kube, namespace, spec)) == ([rule], False)
