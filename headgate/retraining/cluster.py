"""The team's namespace as the receiver sees it: the API server, asked with the token of its own service account."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3

from headgate.retraining.receiver import ConflictError, Tally

# The one ConfigMap that the receiver may change: it is made beside it, so that it need not be able to make any.
COUNTS = "retraining-counts"
_TRIED_AGAIN = 409


class NamespacedCluster:
    """One namespace. The token is read anew for each call, since it is exchanged hourly."""

    def __init__(self, namespace: str, credentials: Path) -> None:
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
        self._base = f"https://{f'[{host}]' if ':' in host else host}:{port}"
        self._batch = f"/apis/batch/v1/namespaces/{namespace}"
        self._counts = f"/api/v1/namespaces/{namespace}/configmaps/{COUNTS}"
        self._token = credentials / "token"
        self._pool = urllib3.PoolManager(ca_certs=str(credentials / "ca.crt"), timeout=10.0, retries=False)

    def cron_jobs(self) -> list[dict[str, Any]]:
        """Return the namespace's CronJobs."""
        found: list[dict[str, Any]] = self._call("GET", f"{self._batch}/cronjobs")["items"]
        return found

    def jobs(self) -> list[dict[str, Any]]:
        """Return its Jobs."""
        found: list[dict[str, Any]] = self._call("GET", f"{self._batch}/jobs")["items"]
        return found

    def create_job(self, document: dict[str, Any]) -> None:
        """Make a Job."""
        self._call("POST", f"{self._batch}/jobs?fieldManager=headgate-retraining", document)

    def tallies(self) -> tuple[dict[str, Tally], str]:
        """Return what each pipeline has seen, and the version of that."""
        found = self._call("GET", self._counts)
        rows = {name: json.loads(text) for name, text in (found.get("data") or {}).items()}
        tallies = {name: Tally(int(row["count"]), tuple(row["recent"])) for name, row in rows.items()}
        return tallies, str(found["metadata"]["resourceVersion"])

    def keep_tallies(self, tallies: Mapping[str, Tally], version: str) -> None:
        """Keep it, where it is of that version still."""
        data = {name: json.dumps({"count": each.count, "recent": each.recent}) for name, each in tallies.items()}
        self._call("PATCH", self._counts, {"metadata": {"resourceVersion": version}, "data": data})

    def _call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self._token.read_text().strip()}", "accept": "application/json"}
        if body is not None:
            headers["content-type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
        content = None if body is None else json.dumps(body).encode()
        answer = self._pool.request(method, self._base + path, body=content, headers=headers)
        if answer.status == _TRIED_AGAIN:
            raise ConflictError(f"{method} {path.partition('?')[0]}: {answer.data[:300].decode(errors='replace')}")
        if answer.status >= 300:
            told = answer.data[:300].decode(errors="replace")
            raise OSError(f"{method} {path.partition('?')[0]}: {answer.status} {told}")
        found: dict[str, Any] = json.loads(answer.data)
        return found
