"""The admission gate's own pod, asked without the API server: what of a wait is the gate's own.

The same pod of the same platform and the same review; only who asks is another, over as many connections as it likes.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import urllib3

from headgate.sandbox.control import Control
from headgate.sandbox.kube import KubeClient

_HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/headgate-admission"
Ask = Callable[[], None]
_POD, _PORT, _NAME = "/headgate-gate.opa.", "p8443", "opa.headgate-gate.svc"


def asking(control: Control, cluster: str, client: KubeClient, document: Mapping[str, Any], pool_size: int) -> Ask:
    """Return what asks a cluster's gate about a Deployment, and sees that the gate refused it by a rule."""
    port = next(each.ports[_PORT] for each in control.processes(cluster) if _POD in each.name)
    hook = client.request("GET", _HOOKS)["webhooks"][0]
    context = ssl.create_default_context(cadata=base64.b64decode(hook["clientConfig"]["caBundle"]).decode())
    pool = urllib3.HTTPSConnectionPool(
        "127.0.0.1", port, maxsize=pool_size, ssl_context=context, server_hostname=_NAME, assert_hostname=_NAME
    )
    body = json.dumps(_review(document)).encode()

    def ask() -> None:
        answer = pool.request("POST", "/", body=body, headers={"content-type": "application/json"})
        if answer.status != 200 or b"[HG-" not in answer.data:
            raise AssertionError(f"{answer.status}: {answer.data[:200]!r}, where a rule's refusal was expected")

    return ask


def _review(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the API server asks about a new Deployment."""
    kind = {"group": "apps", "version": "v1", "kind": "Deployment"}
    resource = {"group": "apps", "version": "v1", "resource": "deployments"}
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "measured",
            "kind": kind,
            "requestKind": kind,
            "resource": resource,
            "requestResource": resource,
            "name": document["metadata"]["name"],
            "namespace": document["metadata"]["namespace"],
            "operation": "CREATE",
            "userInfo": {"username": "kubernetes-admin", "groups": ["system:authenticated"]},
            "object": document,
            "oldObject": None,
            "dryRun": True,
            "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        },
    }
