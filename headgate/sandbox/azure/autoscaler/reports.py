"""What the autoscaler tells in the cluster: events on pods and nodes, and its status for who looks after the cluster.

Owns reasons, words and the ConfigMap's form, which are the cluster autoscaler's own; `FailedScaleUp` on a pod is what
managed clusters add where machines are refused.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from headgate.sandbox.kube import KubeClient, KubeError

Document = dict[str, Any]
COMPONENT = "cluster-autoscaler"
NAMESPACE = "kube-system"
STATUS = "cluster-autoscaler-status"
_FIELD_MANAGER = "headgate-azure"


class Reports:
    """The voice of one cluster's autoscaler: says the same thing about the same object once."""

    def __init__(self, client: KubeClient) -> None:
        """Nothing is said yet."""
        self._client = client
        self._said: dict[str, set[tuple[str, str]]] = {}
        self._status = ""

    def forget_all_but(self, uids: Iterable[str]) -> None:
        """Drop what was said of objects that no longer wait."""
        kept = set(uids)
        self._said = {uid: said for uid, said in self._said.items() if uid in kept}

    def say(self, about: Document, reason: str, message: str, kind: str = "Pod", warning: bool = False) -> None:
        """Make an event, unless it has been made."""
        metadata = about["metadata"]
        said = self._said.setdefault(metadata["uid"], set())
        if (reason, message) in said:
            return
        namespace = metadata.get("namespace") or "default"
        body = event(about, kind, namespace, reason, message, warning)
        try:
            self._client.request("POST", f"/api/v1/namespaces/{namespace}/events", body=body)
        except KubeError as error:
            # The namespace ends, or the object is gone: nobody is left to tell.
            if error.status not in (403, 404):
                raise
        said.add((reason, message))

    def publish(self, groups: list[Document]) -> None:
        """Write the status, if there is news."""
        text = json.dumps(groups, sort_keys=True)
        if text == self._status:
            return
        document = {"time": _now(), "autoscalerStatus": "Running", "nodeGroups": groups}
        self._client.apply(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": STATUS, "namespace": NAMESPACE},
                # JSON is YAML, which is the form that it is read in.
                "data": {"status": json.dumps(document, indent=1)},
            },
            field_manager=_FIELD_MANAGER,
            force=True,
        )
        self._status = text


def event(about: Document, kind: str, namespace: str, reason: str, message: str, warning: bool) -> Document:
    """Return an event about an object."""
    metadata, at = about["metadata"], _now()
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{metadata['name']}.{uuid.uuid4().hex[:16]}"[-253:], "namespace": namespace},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": kind,
            "name": metadata["name"],
            "uid": metadata["uid"],
            **({"namespace": metadata["namespace"]} if metadata.get("namespace") else {}),
        },
        "reason": reason,
        "message": message,
        "type": "Warning" if warning else "Normal",
        "source": {"component": COMPONENT},
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
