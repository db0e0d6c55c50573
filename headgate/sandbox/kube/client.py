"""A small Kubernetes REST client for the sandbox's own parts: stand-in provider, data plane, runners.

Owns connections, discovery and error mapping. Not the official client: that one takes a second to import and has no
server-side apply of plain documents, and each of these processes starts often.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from headgate.sandbox.kube.credentials import Credentials, read_kubeconfig
from headgate.sandbox.kube.documents import ApiResource, Document, KubeError, WatchEvent, error_of

APPLY = "application/apply-patch+yaml"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"


class KubeClient:
    """Requests to one API server. Thread-safe; one pool of connections."""

    def __init__(self, credentials: Credentials, pool_size: int = 16) -> None:
        """Open a pool; nothing is sent yet."""
        self._credentials = credentials
        self.server = credentials.server
        self._headers = {"Accept": "application/json"}
        if credentials.token:
            self._headers["Authorization"] = f"Bearer {credentials.token}"
        self._pool = urllib3.PoolManager(
            maxsize=pool_size,
            block=False,
            retries=False,
            ssl_context=credentials.context(),
        )
        self._discovered: dict[str, dict[str, ApiResource]] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_kubeconfig(cls, source: str | Path, context: str | None = None, pool_size: int = 16) -> KubeClient:
        """Read a kubeconfig: a path, or its content."""
        return cls(read_kubeconfig(source, context), pool_size)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        timeout: float = 30.0,
    ) -> Any:
        """Send one request and return the decoded document (text when it is no JSON)."""
        response = self._send(method, path, query, body, content_type, timeout)
        payload = response.data
        if response.status >= 400:
            raise error_of(response.status, payload)
        if not payload:
            return {}
        return json.loads(payload) if payload[:1] in b"{[" else payload.decode()

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Any,
        content_type: str,
        timeout: float,
        preload: bool = True,
    ) -> urllib3.BaseHTTPResponse:
        url = (
            self.server
            + path
            + (f"?{urlencode({k: _text(v) for k, v in query.items() if v is not None})}" if query else "")
        )
        data = None if body is None else json.dumps(body).encode()
        headers = dict(self._headers, **({"Content-Type": content_type} if data is not None else {}))
        try:
            return self._pool.request(
                method,
                url,
                body=data,
                headers=headers,
                preload_content=preload,
                timeout=urllib3.Timeout(connect=5.0, read=timeout),
            )
        except urllib3.exceptions.HTTPError as error:
            raise KubeError(0, "Unreachable", f"{method} {self.server}{path}: {error}") from error

    def resource(self, api_version: str, kind: str, refresh: bool = False) -> ApiResource:
        """Return what discovery says of a kind; asks again once when the kind is not known yet (a new CRD)."""
        known = self._discovered.get(api_version)
        if known is None or kind not in known or refresh:
            known = self._discover(api_version)
        if kind not in known:
            raise KubeError(404, "NoKindMatch", f'no matches for kind "{kind}" in version "{api_version}"')
        return known[kind]

    def _discover(self, api_version: str) -> dict[str, ApiResource]:
        root = ApiResource(api_version, "", "", False).root
        try:
            listing = self.request("GET", root)
        except KubeError as error:
            if error.not_found:
                return {}
            raise
        found = {
            row["kind"]: ApiResource(api_version, row["kind"], row["name"], row["namespaced"], frozenset(row["verbs"]))
            for row in listing.get("resources", [])
            if "/" not in row["name"]
        }
        with self._lock:
            self._discovered[api_version] = found
        return found

    def path(self, api_version: str, kind: str, namespace: str | None = None, name: str | None = None) -> str:
        """Return the path of a collection (no name) or of an object."""
        resource = self.resource(api_version, kind)
        parts = [resource.root]
        if resource.namespaced and namespace:
            parts += ["namespaces", quote(namespace)]
        parts.append(resource.plural)
        if name:
            parts.append(quote(name, safe=""))
        return "/".join(parts)

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Document:
        """Return one object."""
        return self._document(self.request("GET", self.path(api_version, kind, namespace, name)))

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> Document:
        """Return a whole list document, with its resourceVersion."""
        query = {"labelSelector": label_selector, "fieldSelector": field_selector}
        return self._document(self.request("GET", self.path(api_version, kind, namespace), query=query))

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        propagation: str = "Background",
    ) -> Document:
        """Delete one object; the answer is the object or a Status."""
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        return self._document(self.request("DELETE", self.path(api_version, kind, namespace, name), body=body))

    def apply(self, document: Document, *, field_manager: str, force: bool = False, dry_run: bool = False) -> Document:
        """Server-side apply a document."""
        metadata = document["metadata"]
        path = self.path(document["apiVersion"], document["kind"], metadata.get("namespace"), metadata["name"])
        query = {"fieldManager": field_manager, "force": force, "dryRun": "All" if dry_run else None}
        return self._document(self.request("PATCH", path, query=query, body=document, content_type=APPLY))

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        body: Any,
        *,
        namespace: str | None = None,
        subresource: str | None = None,
        content_type: str = MERGE_PATCH,
        field_manager: str | None = None,
    ) -> Document:
        """Patch an object or one of its subresources."""
        path = self.path(api_version, kind, namespace, name) + (f"/{subresource}" if subresource else "")
        query = {"fieldManager": field_manager} if field_manager else None
        return self._document(self.request("PATCH", path, query=query, body=body, content_type=content_type))

    def watch(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str | None = None,
        field_selector: str | None = None,
        resource_version: str | None = None,
        timeout: float = 300.0,
    ) -> Iterator[WatchEvent]:
        """Yield events until the server ends the watch after `timeout` seconds; the caller lists and watches again."""
        query = {
            "watch": True,
            "allowWatchBookmarks": True,
            "labelSelector": label_selector,
            "fieldSelector": field_selector,
            "resourceVersion": resource_version,
            "timeoutSeconds": int(timeout),
        }
        path = self.path(api_version, kind, namespace)
        response = self._send("GET", path, query, None, "application/json", timeout + 10, preload=False)
        if response.status >= 400:
            raise error_of(response.status, response.read())
        try:
            pending = b""
            for chunk in response.stream(amt=None, decode_content=True):
                *lines, pending = (pending + chunk).split(b"\n")
                for line in filter(None, lines):
                    event = json.loads(line)
                    yield WatchEvent(event["type"], event["object"])
        except urllib3.exceptions.HTTPError as error:
            raise KubeError(0, "Unreachable", f"watch of {self.server}{path}: {error}") from error
        finally:
            response.close()

    @staticmethod
    def _document(answer: Any) -> Document:
        if not isinstance(answer, dict):
            raise KubeError(0, "NotADocument", f"expected a JSON document, got {str(answer)[:80]!r}")
        return answer


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
