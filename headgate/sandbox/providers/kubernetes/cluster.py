"""One API server, as the provider uses it: guarded, retried, and asked once what it serves.

Owns the connection, patience with a server that restarts, and the mapping of kinds to paths. What is sent is the
operations' business.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from headgate.errors import HeadgateError
from headgate.sandbox.kube import APPLY, ApiResource, Document, KubeClient, KubeError
from headgate.sandbox.providers.kubernetes.kinds import Kind

_R = TypeVar("_R")

# A region's API server is back within seconds of a crash; a minute tells a restart from an end.
PATIENCE_SECONDS: Final = 60.0
# A preview should say soon that there is no cluster.
PREVIEW_PATIENCE_SECONDS: Final = 4.0
# A webhook that does not answer denies everything; its own process is restarted sooner than an API server.
WEBHOOK_PATIENCE_SECONDS: Final = 10.0
# A controller makes the default service account of a new namespace.
ACCOUNT_PATIENCE_SECONDS: Final = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_CONNECTIONS: Final = 64

_TRANSIENT_TEXTS: Final = (
    "etcdserver: leader changed",
    "etcdserver: request timed out",
    "etcdserver: no leader",
    "etcdserver: too many requests",
    "context deadline exceeded",
    "connection refused",
    "connection reset",
    "client connection lost",
    "transport is closing",
    "not yet ready to handle request",
)


@dataclass(frozen=True)
class Reference:
    """Names one object; the namespace is empty for cluster-scoped kinds."""

    kind: Kind
    name: str
    namespace: str = ""

    @property
    def id(self) -> str:
        """The Pulumi resource ID: `namespace/name`, or the name."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def __str__(self) -> str:
        return f"{self.kind.name} {self.id}"


class Cluster:
    """Requests about objects. Thread-safe."""

    def __init__(self, client: KubeClient, cancelled: threading.Event, patience: float | None = None) -> None:
        """Use a client; nothing is sent yet."""
        self._client, self._cancelled = client, cancelled
        self._patience = PATIENCE_SECONDS if patience is None else patience

    @classmethod
    def connect(cls, kubeconfig: str, cancelled: threading.Event) -> Cluster:
        """Return the cluster of a kubeconfig document."""
        return cls(KubeClient.from_kubeconfig(kubeconfig, pool_size=_CONNECTIONS), cancelled)

    def with_patience(self, seconds: float) -> Cluster:
        """Return the same cluster, asked with other patience."""
        return Cluster(self._client, self._cancelled, seconds)

    @property
    def server(self) -> str:
        """Address of the API server."""
        return self._client.server

    def unreachable_reason(self) -> str | None:
        """Ask the server for its version; return why it does not answer, or None."""
        try:
            self.retry(partial(self._client.request, "GET", "/version", timeout=5.0), PREVIEW_PATIENCE_SECONDS)
        except KubeError as error:
            return error.message
        return None

    def resource(self, kind: Kind) -> ApiResource | None:
        """Return what the cluster says of a kind; None when it does not serve it (yet)."""
        try:
            return self.retry(partial(self._client.resource, kind.api_version, kind.name))
        except KubeError as error:
            if error.not_found:
                return None
            raise

    def served(self, kind: Kind, patience: float = 0.0) -> ApiResource:
        """Return what the cluster says of a kind, waiting a little for one whose CRD was just applied."""
        deadline = time.monotonic() + patience
        while True:
            found = self.resource(kind)
            if found is not None:
                return found
            if time.monotonic() >= deadline or self._cancelled.wait(0.25):
                raise KubeError(
                    404, "NoKindMatch", f'no matches for kind "{kind.name}" in version "{kind.api_version}"'
                )

    def reference(self, document: Document, patience: float = 0.0) -> Reference:
        """Return the reference of a document, its namespace dropped where the kind has none."""
        kind, metadata = Kind.of(document), document["metadata"]
        namespaced = self.served(kind, patience).namespaced
        return Reference(kind, metadata["name"], (metadata.get("namespace") or "default") if namespaced else "")

    def refresh(self, kind: Kind) -> None:
        """Forget what discovery said of a kind: its definition has changed."""
        try:
            self.retry(partial(self._client.resource, kind.api_version, kind.name, refresh=True))
        except KubeError as error:
            if not error.not_found:
                raise

    def get(self, reference: Reference) -> Document | None:
        """Return an object, or None when it, its namespace or its kind does not exist."""
        try:
            return self.send("GET", reference)
        except KubeError as error:
            if error.not_found:
                return None
            raise

    def apply(self, reference: Reference, document: Document, *, manager: str, force: bool, dry_run: bool) -> Document:
        """Server-side apply a document."""
        query = {"fieldManager": manager, "force": force, "dryRun": "All" if dry_run else None}
        return self.send("PATCH", reference, query=query, body=document, content_type=APPLY)

    def try_create(self, reference: Reference, document: Document, *, manager: str) -> None:
        """Dry-run a create, which validates and admits the document even where an object of its name exists."""
        path = self.path(reference).rpartition("/")[0]
        query = {"fieldManager": manager, "dryRun": "All"}
        self.retry(partial(self._client.request, "POST", path, query=query, body=document))

    def delete(self, reference: Reference, propagation: str) -> None:
        """Ask for an object's deletion."""
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        self.send("DELETE", reference, body=body)

    def list_objects(
        self, api_version: str, kind: str, namespace: str, *, labels: str | None = None, fields: str | None = None
    ) -> list[Document]:
        """Return the objects of a kind in a namespace."""
        answer = self.retry(partial(self._client.list, api_version, kind, namespace, labels, fields))
        items: list[Document] = answer.get("items") or []
        return items

    def path(self, reference: Reference) -> str:
        """Return an object's path."""
        return self._client.path(
            reference.kind.api_version, reference.kind.name, reference.namespace or None, reference.name
        )

    def send(
        self,
        method: str,
        reference: Reference,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Document:
        """Send a request about one object, patiently, and return the document."""

        def once() -> Document:
            answer = self._client.request(
                method, self.path(reference), query=query, body=body, content_type=content_type
            )
            return answer if isinstance(answer, dict) else {}

        return self.retry(once)

    def retry(self, call: Callable[[], _R], patience: float | None = None) -> _R:
        """Repeat a call over failures that pass: no connection, overload, a leader change. Calls are idempotent."""
        started, pause = time.monotonic(), _FIRST_PAUSE
        while True:
            try:
                return call()
            except KubeError as error:
                limit = _patience_for(error, self._patience if patience is None else patience)
                if limit is None or time.monotonic() - started + pause > limit:
                    raise
                if self._cancelled.wait(pause * random.uniform(0.8, 1.2)):  # noqa: S311 - spreads load, hides nothing
                    raise
                pause = min(pause * 2, _LONGEST_PAUSE)


def _patience_for(error: KubeError, patience: float) -> float | None:
    """Return how long to repeat a call that failed so; None when repeating can't help."""
    if error.unreachable or error.status in {429, 502, 503, 504}:
        return patience
    if error.status == 403 and "error looking up service account" in error.message:
        return min(patience, ACCOUNT_PATIENCE_SECONDS)
    if error.status != 500:
        return None
    text = error.message.lower()
    if "failed calling webhook" in text or "failed to call webhook" in text:
        return min(patience, WEBHOOK_PATIENCE_SECONDS)
    return patience if any(part in text for part in _TRANSIENT_TEXTS) else None


def unreachable(server: str, reason: str) -> HeadgateError:
    """Return the error for an API server that did not answer."""
    return HeadgateError(
        "the cluster's API server does not answer",
        where=server,
        found=reason,
        expected="a running region",
        fix="see `headgate sandbox status` and `headgate sandbox logs`; `headgate sandbox up` starts what is missing",
    )
