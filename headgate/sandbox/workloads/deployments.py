"""Which pod of a Deployment tells what shall run, and what its pods are told of the real process."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from headgate.sandbox.kube import Document, KubeClient, KubeError
from headgate.sandbox.workloads.feed import Feed

LOG = logging.getLogger(__name__)
PROCESS = "sandbox.headgate.dev/process"
MESSAGE = "sandbox.headgate.dev/process-message"
VOLUMES = "sandbox.headgate.dev/volumes"


def pods_of(deployment: Document, feed: Feed) -> list[Document]:
    """Return the scheduled, living pods of a Deployment, newest first."""
    selector = deployment["spec"]["selector"].get("matchLabels") or {}
    found = [
        pod
        for pod in feed.all("Pod", deployment["metadata"]["namespace"])
        if matches(selector, pod) and pod["spec"].get("nodeName") and not pod["metadata"].get("deletionTimestamp")
    ]
    return sorted(found, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]), reverse=True)


def matches(selector: Mapping[str, str], pod: Document) -> bool:
    """Say whether a pod has all labels of a selector; an empty selector matches nothing."""
    labels: Mapping[str, str] = pod["metadata"].get("labels") or {}
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def leading(pods: list[Document]) -> Document | None:
    """Return the pod whose spec is run: the newest of the newest template, and of those the first by name.

    Replicas of one template are the same process here. Taking the oldest of them keeps it when more are added.
    """
    ready = [pod for pod in pods if has_volumes(pod)]
    if not ready:
        return None
    template = template_of(ready[0])
    return [pod for pod in ready if template_of(pod) == template][-1]


def template_of(pod: Document) -> str:
    """Return which template of its Deployment a pod was made from."""
    return str((pod["metadata"].get("labels") or {}).get("pod-template-hash", ""))


def has_volumes(pod: Document) -> bool:
    """Say whether the data plane has pulled the pod's image volumes, or there are none."""
    wants = any("image" in volume for volume in pod["spec"].get("volumes") or [])
    return not wants or (pod["metadata"].get("annotations") or {}).get(VOLUMES) == "ready"


def tell(client: KubeClient, pod: Document, state: str, message: str) -> None:
    """Write on a pod what its real process is doing, where that is news; the region's stages act on it."""
    metadata: dict[str, Any] = pod["metadata"]
    told = metadata.get("annotations") or {}
    if told.get(PROCESS) == state and told.get(MESSAGE, "") == message:
        return
    body = {"metadata": {"annotations": {PROCESS: state, MESSAGE: message or None}}}
    try:
        client.patch("v1", "Pod", metadata["name"], body, namespace=metadata["namespace"])
    except KubeError as error:
        if not error.not_found:
            LOG.warning("pod %s/%s: %s", metadata["namespace"], metadata["name"], error)
