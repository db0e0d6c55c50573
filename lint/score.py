"""kube-score at its strictest: every check, no annotation heeded, anything below full marks a finding.

Objects are scored a cluster at a time, since kube-score follows the selectors between them. It knows no Argo Rollout,
which is a Deployment with a plan for its changes: one is handed to it as that Deployment.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from headgate.errors import HeadgateError
from headgate.sandbox.toolchain import tool_path
from headgate.sandbox.toolchain.catalogue import KUBERNETES
from lint.finding import Finding
from lint.manifests import Manifest

CHECK = "kube-score"
_FULL_MARKS = 10
_ROLLOUT = ("argoproj.io/v1alpha1", "Rollout")
# What a Deployment has of a Rollout's specification.
_SHARED = ("replicas", "selector", "template", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
_MINOR = ".".join(KUBERNETES.split(".")[:2])


def findings(manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """Yield what kube-score finds in the objects of one cluster."""
    stream = "\n---\n".join(json.dumps(as_deployment(each.body)) for each in manifests)
    for scored in _run(stream) or []:
        metadata = scored["object_meta"]
        body = {**scored["type_meta"], "metadata": metadata}
        for check in scored["checks"] or []:
            if not check["skipped"] and check["grade"] < _FULL_MARKS:
                for text in _comments(check):
                    yield Finding(CHECK, check["check"]["id"], Manifest("", body).label, text)


def as_deployment(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object as kube-score can read it: a Rollout as its Deployment, and what scales one likewise."""
    if (body.get("apiVersion"), body.get("kind")) == _ROLLOUT:
        spec = {name: body["spec"][name] for name in _SHARED if name in body["spec"]}
        strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
        return {**body, "apiVersion": "apps/v1", "kind": "Deployment", "spec": {**spec, "strategy": strategy}}
    target = (body.get("spec") or {}).get("scaleTargetRef") or {}
    if (target.get("apiVersion"), target.get("kind")) == _ROLLOUT:
        scaled = {**target, "apiVersion": "apps/v1", "kind": "Deployment"}
        return {**body, "spec": {**body["spec"], "scaleTargetRef": scaled}}
    return dict(body)


def _comments(check: Mapping[str, Any]) -> Iterable[str]:
    """Return what a check says, each with the container that it is about."""
    comments = check.get("comments") or [{"path": "", "summary": check["check"]["name"], "description": ""}]
    return [": ".join(part for part in (each["path"], each["summary"]) if part) for each in comments]


def _run(stream: str) -> list[dict[str, Any]]:
    command = [
        str(tool_path("kube-score")), "score", "--all-default-optional", "--disable-ignore-checks-annotations",
        "--disable-optional-checks-annotations", f"--kubernetes-version={_MINOR}", "--output-format=json", "-",
    ]  # fmt: skip
    answer = subprocess.run(command, input=stream, capture_output=True, text=True, check=False)
    try:
        scored: list[dict[str, Any]] = json.loads(answer.stdout)
    except ValueError as error:
        raise HeadgateError(
            "kube-score did not answer, so nothing was scored",
            where=" ".join(command[:2]),
            found=(answer.stdout + answer.stderr)[-400:],
            expected="its JSON report",
            fix="headgate toolchain build kube-score",
        ) from error
    return scored
