"""What an API server has, read whole: every kind that can be listed, and every object of one, page by page.

Fails closed: a kind that can't be listed, a page that does not come, a group whose server is away are errors that name
the kind and the right that is missing. Writes nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

from headgate.cluster.kubeconfig import Connection
from headgate.errors import HeadgateError

PAGE = 500
_SECONDS = 60.0
# A list whose pages the server has forgotten is begun again; more often, the cluster changes faster than it is read.
_BEGINNINGS = 3
_EXPIRED = 410


@dataclass(frozen=True)
class Kind:
    """A kind of object, in the version that the server prefers."""

    group: str
    version: str
    name: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """Return what objects of it say."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """Return where all of its objects are listed."""
        return f"{'/apis' if self.group else '/api'}/{self.api_version}/{self.plural}"

    def __str__(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


class _ExpiredError(Exception):
    """The server has forgotten the list that a page belongs to."""


class Api:
    """One API server."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._headers = {"Accept": "application/json"}
        if connection.token:
            self._headers["Authorization"] = f"Bearer {connection.token}"
        name = connection.server_name
        more: dict[str, Any] = {"server_hostname": name, "assert_hostname": name} if name else {}
        self._pool = urllib3.PoolManager(ssl_context=_context(connection), retries=False, timeout=_SECONDS, **more)

    @property
    def name(self) -> str:
        """Return what the cluster is called."""
        return self._connection.name

    def kinds(self) -> tuple[Kind, ...]:
        """Return every kind that can be listed, once."""
        found: dict[tuple[str, str], Kind] = {}
        for group, version in self._versions():
            path = f"/apis/{group}/{version}" if group else f"/api/{version}"
            for row in _rows(self._get(path, f"what {group or 'the core group'} has"), "resources"):
                plural = str(row.get("name"))
                if "/" not in plural and "list" in (row.get("verbs") or ()):
                    kind = Kind(group, version, str(row.get("kind")), plural, row.get("namespaced") is True)
                    found.setdefault((group, plural), kind)
        return tuple(sorted(found.values(), key=str))

    def objects(self, kind: Kind) -> list[dict[str, Any]]:
        """Return every object of a kind, as the server has it; each says its kind, which a list leaves out."""
        for _ in range(_BEGINNINGS):
            with contextlib.suppress(_ExpiredError):
                return [{**each, "apiVersion": kind.api_version, "kind": kind.name} for each in self._pages(kind)]
        raise self._refused(f"{kind}", "pages that expire before they are read", "a list that stands for a minute")

    def _versions(self) -> Iterator[tuple[str, str]]:
        """Yield every group and version, the preferred one of a group first."""
        yield "", "v1"
        for group in _rows(self._get("/apis", "the groups of its API"), "groups"):
            preferred = (group.get("preferredVersion") or {}).get("version")
            versions = [str(each.get("version")) for each in group.get("versions") or ()]
            for version in sorted(versions, key=lambda each: each != preferred):
                yield str(group.get("name")), version

    def _pages(self, kind: Kind) -> Iterator[dict[str, Any]]:
        proceed = ""
        while True:
            query = {"limit": str(PAGE)} | ({"continue": proceed} if proceed else {})
            page = self._get(f"{kind.path}?{urlencode(query)}", str(kind))
            yield from _rows(page, "items")
            proceed = str((page.get("metadata") or {}).get("continue") or "")
            if not proceed:
                return

    def _get(self, path: str, what: str) -> Mapping[str, Any]:
        try:
            answer = self._pool.request("GET", self._connection.server + path, headers=self._headers)
        except urllib3.exceptions.HTTPError as error:
            raise self._refused(what, _cause(error), "an API server that answers") from error
        if answer.status == _EXPIRED and "continue=" in path:
            raise _ExpiredError
        if answer.status in (401, 403):
            raise self._forbidden(what, answer.status)
        try:
            document = json.loads(answer.data) if answer.status == 200 else None
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise self._refused(what, f"HTTP {answer.status}", "a document")
        return document

    def _forbidden(self, what: str, status: int) -> HeadgateError:
        return self._refused(
            what,
            f"HTTP {status}: {'who asks is not known' if status == 401 else 'the identity may not list it'}",
            f"the verb `list` on {what}, in every namespace",
            f"`kubectl auth can-i list {what} --all-namespaces`; let a ClusterRole of the identity have it",
        )

    def _refused(self, what: str, found: str, expected: str, fix: str | None = None) -> HeadgateError:
        return HeadgateError(
            f"{what} of the cluster can't be read, so nothing was judged",
            where=f"{self.name} ({self._connection.server})",
            found=found,
            expected=expected,
            fix=fix or "look at the cluster: `kubectl get --raw /readyz?verbose`, `kubectl get apiservices`",
        )


def _rows(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the rows of a list; one that is none is an error, not an empty one."""
    # Go writes an empty list as null; what is left out altogether is no list.
    rows = (document[key] or []) if key in document else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise HeadgateError("the API server's answer can't be read, so nothing was judged", found=f"no list `{key}`")
    return rows


def _cause(error: urllib3.exceptions.HTTPError) -> str:
    reason = getattr(error, "reason", None)
    return str(reason or error)


def _context(connection: Connection) -> ssl.SSLContext:
    """Return what TLS needs: the cluster's own authority, and the identity where that is a certificate."""
    try:
        context = ssl.create_default_context(cadata=connection.authority)
        if connection.certificate and connection.key:
            # The TLS layer wants a file; nobody else can read it, and it is gone at once.
            with tempfile.TemporaryDirectory(prefix="headgate-") as folder:
                file = Path(folder) / "identity.pem"
                with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
                    handle.write(f"{connection.certificate}\n{connection.key}\n")
                context.load_cert_chain(file)
    except (ssl.SSLError, ValueError) as error:
        raise HeadgateError(
            "the kubeconfig's certificates can't be used, so nothing was judged",
            where=connection.name,
            found=type(error).__name__,
            expected="certificates and a key as PEM",
            fix="have the kubeconfig written anew",
        ) from error
    return context
