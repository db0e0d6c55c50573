"""HTTP to one MLflow tracking server: where it is, who we are to it, what it refuses.

Owns connections and errors. Credentials go to that server alone: nothing is followed elsewhere, and nothing secret is
sent in clear but on loopback.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import urllib3

from headgate.model.credentials import Credentials
from headgate.model.errors import RegistryError
from headgate.model.transport import ATTEMPTS, BACK_OFF, LOOPBACK, TIMEOUT

API = "/api/2.0"
# Runs with thousands of parameters stay well below.
MAX_ANSWER = 16 * 1024 * 1024
_FIXES = {
    401: "set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
    403: "ask the owner of the MLflow server for the right to read this model and its run",
}


def environment_credentials(environment: Mapping[str, str] | None = None) -> Credentials:
    """Read the variables that MLflow's own client reads; a name and password go before a token, as there."""
    found = os.environ if environment is None else environment
    username, password = (found.get(f"MLFLOW_TRACKING_{part}", "") for part in ("USERNAME", "PASSWORD"))
    if username and password:
        return Credentials(username, password)
    return Credentials(identity_token=found.get("MLFLOW_TRACKING_TOKEN", ""))


class TrackingServer:
    """One tracking server."""

    def __init__(
        self,
        uri: str,
        credentials: Credentials | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.uri = _checked(uri)
        found = environment_credentials() if credentials is None else credentials
        bearer = f"Bearer {found.identity_token}" if found.identity_token else None
        self._authorization = found.basic or bearer
        parts = urlsplit(self.uri)
        if self._authorization and parts.scheme == "http" and (parts.hostname or "") not in LOOPBACK:
            raise RegistryError(
                "credentials would be sent in clear",
                where=self.uri,
                expected="an address that begins with https://",
                fix="use https, or unset the MLFLOW_TRACKING_ variables if the server asks for none",
            )
        self._sleep = sleep
        authority = os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or None
        self._pool = urllib3.PoolManager(maxsize=2, timeout=TIMEOUT, retries=False, ca_certs=authority)

    def get(self, path: str, /, **query: str) -> dict[str, Any]:
        """Return the answer of one call of the API, an object."""
        with self.open(f"{path}?{urlencode(query)}" if query else path) as response:
            raw = response.read(MAX_ANSWER + 1)
        try:
            document = json.loads(raw) if len(raw) <= MAX_ANSWER else None
        except ValueError:
            document = None
        if isinstance(document, dict):
            return document
        raise RegistryError(
            "this is no answer of MLflow",
            where=self._shown(path),
            found=raw[:80].decode(errors="replace").strip() or "nothing",
            expected="JSON of its REST API",
            fix="see that --tracking-uri names the tracking server itself, and not a login page before it",
        )

    @contextmanager
    def open(self, path: str, headers: Mapping[str, str] | None = None) -> Iterator[urllib3.BaseHTTPResponse]:
        """Give the response of a GET, its body not yet read; raise on a refusal, after some attempts on none."""
        attempt = 1
        while True:
            try:
                response = self._once(path, headers or {})
                break
            except RegistryError as error:
                if not error.unreachable or attempt >= ATTEMPTS:
                    raise
            self._sleep(BACK_OFF * 2 ** (attempt - 1))
            attempt += 1
        try:
            yield response
        except urllib3.exceptions.HTTPError as error:
            raise RegistryError("MLflow's answer broke off", where=self._shown(path), found=str(error)) from error
        finally:
            response.close()

    def _once(self, path: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        sent = {"User-Agent": "headgate", "Accept-Encoding": "identity", **headers}
        if self._authorization:
            sent["Authorization"] = self._authorization
        url = f"{self.uri}{API}{path}"
        try:
            response = self._pool.request("GET", url, headers=sent, redirect=False, preload_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise RegistryError(
                "the MLflow server does not answer",
                where=self._shown(path),
                found=type(error).__name__,
                expected=f"a tracking server at {self.uri}",
                fix="correct --tracking-uri or MLFLOW_TRACKING_URI, or start the server",
            ) from error
        if response.status >= 300:
            with response:
                raise self._refusal(response, path)
        return response

    def _refusal(self, response: urllib3.BaseHTTPResponse, path: str) -> RegistryError:
        """Read a refusal: MLflow's code and message, where it sent them."""
        raw = response.read(MAX_ANSWER)
        try:
            document = json.loads(raw)
            said = f"{document.get('error_code', '')}: {document.get('message', '')}"[:400]
        except (ValueError, AttributeError):
            said = raw[:80].decode(errors="replace").strip()
        what = "MLflow does not have it" if response.status == 404 else "MLflow refuses"
        fix = _FIXES.get(response.status)
        if response.status < 400:
            what, said = "the MLflow server is elsewhere", response.headers.get("Location", "").partition("?")[0]
            fix = "name the address where it really is: --tracking-uri"
        return RegistryError(
            what,
            where=self._shown(path),
            found=f"HTTP {response.status} {said}".strip(),
            fix=fix,
            status=response.status,
        )

    def _shown(self, path: str) -> str:
        return f"{self.uri}{API}{path.partition('?')[0]}"


def quoted(path: str) -> str:
    """Write an artifact's path into an address."""
    return quote(path, safe="/")


def _checked(uri: str) -> str:
    """Return a server's address without the slash at its end."""
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https") and parts.hostname and not (parts.username or parts.query or parts.fragment):
        return uri.rstrip("/")
    raise RegistryError(
        "not the address of an MLflow tracking server",
        found="an address with a name and password in it" if parts.username else uri.partition("?")[0],
        expected="http://HOST:PORT or https://HOST, without credentials",
        fix="`mlflow server` serves what is in a folder or a database; credentials belong into the environment: "
        "MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
    )
