"""Steps of the tests of a region: apply, wait, look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headgate.sandbox.control import Control, ProcessStatus
from headgate.sandbox.kube import KubeClient, KubeError
from headgate.sandbox.supervisor import launch

PATIENCE = 180.0
MANAGER = "component-test"


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    assert launch.wait_for(condition, PATIENCE)


def apply(kube: KubeClient, *documents: dict[str, Any]) -> None:
    """Apply documents."""
    for document in documents:
        kube.apply(document, field_manager=MANAGER, force=True)


def named(kind: str, name: str, namespace: str | None = None, version: str = "v1", **rest: Any) -> dict[str, Any]:
    """Return a document."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **rest.pop("metadata", {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def process(control: Control, suffix: str) -> ProcessStatus:
    """Return one process of the region."""
    return next(each for each in control.processes() if each.name.endswith(suffix))


def exists(kube: KubeClient, version: str, kind: str, name: str, namespace: str) -> bool:
    """Say whether an object exists."""
    try:
        kube.get(version, kind, name, namespace)
    except KubeError as error:
        if error.not_found:
            return False
        raise
    return True


def pod(name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    """Return a pod of one container that is simulated."""
    return named("Pod", name, namespace, spec={"containers": [{"name": "c", "image": "hg.azurecr.io/web:1"}], **spec})


def is_ready(kube: KubeClient, namespace: str, name: str) -> bool:
    """Say whether a pod is ready."""
    conditions = kube.get("v1", "Pod", name, namespace).get("status", {}).get("conditions", [])
    return {"type": "Ready", "status": "True"}.items() <= next(
        (row for row in conditions if row["type"] == "Ready"), {}
    ).items()


def is_served(kube: KubeClient, spec: dict[str, Any]) -> bool:
    """Say whether discovery knows a new kind: that comes a moment after its definition is established."""
    try:
        kube.resource(f"{spec['group']}/{spec['versions'][0]['name']}", spec["names"]["kind"])
    except KubeError as error:
        if error.not_found:
            return False
        raise
    return True
