"""A webhook that denies whatever it is asked, at once: what a region of this machine makes of any webhook at all.

The same program as the gate, with one line in the place of rules, no record of decisions, and no proxy on the way.
"""

from __future__ import annotations

import base64
import datetime
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headgate.gate.certificates import issue
from headgate.sandbox.kube import KubeClient
from headgate.sandbox.toolchain import tool_path

_NAME = "empty-webhook"
_RULE = """package system

main := {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": {
    "uid": input.request.uid, "allowed": false, "status": {"code": 403, "message": "[HG-] by one line"},
}}
"""
_START_SECONDS = 60.0


@contextmanager
def asked_by(client: KubeClient, folder: Path) -> Iterator[None]:
    """Have it asked about new Deployments for a while."""
    (folder / "rule.rego").write_text(_RULE)
    certificate = issue(["localhost"], datetime.datetime.now(datetime.UTC))
    (folder / "tls.crt").write_bytes(certificate.certificate)
    (folder / "tls.key").write_bytes(certificate.key)
    (folder / "ca.crt").write_bytes(certificate.authorities)
    port = _free_port()
    arguments = [
        *("run", "--server", f"--addr=localhost:{port}", "--skip-version-check", "--log-level=error"),
        *(f"--tls-cert-file={folder / 'tls.crt'}", f"--tls-private-key-file={folder / 'tls.key'}"),
        str(folder / "rule.rego"),
    ]
    process = subprocess.Popen([str(tool_path("opa")), *arguments], env={**os.environ, "GOGC": "400"})
    try:
        _wait(process, port, folder / "ca.crt")
        client.apply(_configuration(port, certificate.authorities), field_manager=_NAME)
        yield
    finally:
        process.terminate()
        process.wait(15)


def _configuration(port: int, authorities: bytes) -> dict[str, Any]:
    hook = {
        "name": f"{_NAME}.headgate.dev",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"url": f"https://localhost:{port}/", "caBundle": base64.b64encode(authorities).decode()},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "rules": [
            {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}
        ],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": _NAME},
        "webhooks": [hook],
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, authorities: Path) -> None:
    context = ssl.create_default_context(cafile=str(authorities))
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"https://localhost:{port}/health", context=context, timeout=5):
                return
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError("the empty webhook does not answer")
