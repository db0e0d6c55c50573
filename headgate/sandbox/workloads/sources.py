"""Where a container's values come from: ConfigMaps, Secrets, the pod itself, and service account tokens.

Owns tokens and their renewal; the rest is read from the feed.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headgate.sandbox.kube import Document, KubeClient
from headgate.sandbox.workloads.failures import NotYetError, UnrunnableError
from headgate.sandbox.workloads.feed import Feed

# Kubelets renew a token when a fifth of its life is left.
RENEW_AT = 0.8


@dataclass(frozen=True)
class Token:
    """A token and when to ask for the next."""

    value: str
    renew_at: float


class Sources:
    """The values that pods refer to."""

    def __init__(self, client: KubeClient, feed: Feed) -> None:
        self._client = client
        self._feed = feed
        self._tokens: dict[tuple[str, str, str], Token] = {}

    def config_map(self, namespace: str, name: str, optional: bool) -> dict[str, bytes]:
        """Return a ConfigMap's entries."""
        document = self._feed.find("ConfigMap", namespace, name)
        if document is None:
            return self._absent(f"ConfigMap {namespace}/{name}", optional)
        texts = {key: value.encode() for key, value in (document.get("data") or {}).items()}
        return {**texts, **decoded(document.get("binaryData"))}

    def secret(self, namespace: str, name: str, optional: bool) -> dict[str, bytes]:
        """Return a Secret's entries."""
        document = self._feed.find("Secret", namespace, name)
        if document is None:
            return self._absent(f"Secret {namespace}/{name}", optional)
        return decoded(document.get("data"))

    def token(self, pod: Document, projection: Mapping[str, Any]) -> bytes:
        """Return a token bound to the pod, asked for anew when most of its life is over."""
        metadata = pod["metadata"]
        account = pod["spec"].get("serviceAccountName") or "default"
        audience = projection.get("audience", "")
        key = (metadata["uid"], account, audience)
        held = self._tokens.get(key)
        if held is None or held.renew_at < time.time():
            seconds = int(projection.get("expirationSeconds", 3600))
            held = self._request(pod, account, audience, seconds)
            self._tokens[key] = held
        return held.value.encode()

    def forget_other_pods(self, uids: set[str]) -> None:
        """Drop the tokens of pods that are gone."""
        self._tokens = {key: token for key, token in self._tokens.items() if key[0] in uids}

    def _request(self, pod: Document, account: str, audience: str, seconds: int) -> Token:
        """Ask for a token as a kubelet does, bound to the pod's life."""
        metadata = pod["metadata"]
        bound = {"kind": "Pod", "apiVersion": "v1", "name": metadata["name"], "uid": metadata["uid"]}
        spec: dict[str, Any] = {"expirationSeconds": seconds, "boundObjectRef": bound}
        if audience:
            spec["audiences"] = [audience]
        path = self._client.path("v1", "ServiceAccount", metadata["namespace"], account) + "/token"
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        answer = self._client.request("POST", path, body=body)
        return Token(answer["status"]["token"], time.time() + seconds * RENEW_AT)

    @staticmethod
    def _absent(what: str, optional: bool) -> dict[str, bytes]:
        """Return nothing for what may be absent."""
        if not optional:
            raise NotYetError(f"{what} not found")
        return {}


def decoded(data: Mapping[str, str] | None) -> dict[str, bytes]:
    """Decode base64 entries."""
    return {key: base64.b64decode(value) for key, value in (data or {}).items()}


def field_of(pod: Document, path: str) -> str:
    """Return what a downward reference names."""
    metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    plain = {
        "metadata.name": metadata["name"],
        "metadata.namespace": metadata["namespace"],
        "metadata.uid": metadata["uid"],
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", "default"),
        "status.podIP": status.get("podIP", "127.0.0.1"),
        "status.podIPs": status.get("podIP", "127.0.0.1"),
        "status.hostIP": status.get("hostIP", "127.0.0.1"),
    }
    if path in plain:
        return str(plain[path])
    for section in ("labels", "annotations"):
        entries: dict[str, str] = metadata.get(section) or {}
        if path == f"metadata.{section}":
            return "\n".join(f'{key}="{value}"' for key, value in sorted(entries.items()))
        if path.startswith(f"metadata.{section}['") and path.endswith("']"):
            return entries.get(path[len(f"metadata.{section}['") : -2], "")
    raise UnrunnableError(f"the sandbox does not know the pod field {path}")
