"""HTTP to one registry: where it is, its certificate, authentication, retries of what is safe to repeat.

Owns connections. `Registry` owns the distribution protocol's calls. The address of a login server comes from a
`Resolver`, so that the same client reaches Azure and a sandbox.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

from headgate.model.credentials import Challenge, Credentials, docker_credentials
from headgate.model.errors import RegistryError, refusal

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
ATTEMPTS = 4
BACK_OFF = 0.2
TIMEOUT = urllib3.Timeout(connect=5.0, read=60.0)


@dataclass(frozen=True)
class Endpoint:
    """Where a name really is. `ca_file` replaces the system's trust store; `tls` is off on loopback alone."""

    host: str
    port: int
    ca_file: Path | None = None
    tls: bool = True


Resolver = Callable[[str, int], Endpoint]


def system_resolver(host: str, port: int) -> Endpoint:
    """Leave the name to the system; plain HTTP on loopback only, as container engines do."""
    return Endpoint(host, port, tls=host not in LOOPBACK)


class Transport:
    """Requests to one login server. Thread-safe."""

    def __init__(
        self,
        login_server: str,
        resolver: Resolver = system_resolver,
        credentials: Credentials | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.login_server = login_server
        self._resolver = resolver
        self._credentials = credentials if credentials is not None else docker_credentials(login_server)
        self._sleep = sleep
        self._pools: dict[Endpoint, urllib3.HTTPConnectionPool] = {}
        self._authorization: dict[str, str] = {}
        self._lock = threading.Lock()

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        stream: bool = False,
        repeat: bool = True,
        accept: tuple[int, ...] = (),
    ) -> urllib3.BaseHTTPResponse:
        """Send, answer a challenge, follow redirects, repeat what may be repeated; raise on a refusal.

        `path` is the login server's. Statuses in `accept` are returned, not raised.
        """
        attempt = 1
        while True:
            try:
                return self._once(method, path, headers or {}, body, stream, accept)
            except RegistryError as error:
                if not (repeat and error.unreachable) or attempt >= ATTEMPTS:
                    raise
            self._sleep(BACK_OFF * 2 ** (attempt - 1))
            attempt += 1

    def _once(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        stream: bool,
        accept: tuple[int, ...],
    ) -> urllib3.BaseHTTPResponse:
        url = f"https://{self.login_server}{path}"
        scope = f"{method in ('GET', 'HEAD')}:{'/'.join(urlsplit(url).path.split('/')[:5])}"
        response = self._send(method, url, headers, body, stream, self._authorization.get(scope))
        if response.status == 401:
            answer = self._answer(Challenge.parse(response.headers.get("WWW-Authenticate", "")))
            if answer:
                response.drain_conn()
                self._authorization[scope] = answer
                response = self._send(method, url, headers, body, stream, answer)
        if response.status in (301, 302, 307, 308) and method in ("GET", "HEAD"):
            response.drain_conn()
            # Blobs live elsewhere in Azure (a signed URL of a storage account), which must not see our token.
            response = self._send(method, urljoin(url, response.headers["Location"]), headers, body, stream, None)
        if response.status >= 400 and response.status not in accept:
            raise refusal(response.status, response.read() or response.data or b"", method, _shown(url))
        return response

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        stream: bool,
        authorization: str | None,
    ) -> urllib3.BaseHTTPResponse:
        parts = urlsplit(url)
        endpoint = self._resolver(parts.hostname or "", parts.port or 443)
        sent = {**headers, "Host": parts.netloc, "User-Agent": "headgate"}
        if authorization:
            sent["Authorization"] = authorization
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        pool = self._pool(endpoint, parts.hostname or "")
        try:
            return pool.urlopen(
                method,
                target,
                body=body,
                headers=sent,
                redirect=False,
                retries=False,
                timeout=TIMEOUT,
                preload_content=not stream,
            )
        except urllib3.exceptions.HTTPError as error:
            raise RegistryError(
                "the registry does not answer",
                where=_shown(url),
                found=str(error),
                expected=f"a registry at {endpoint.host}:{endpoint.port}",
                fix="`headgate sandbox status` shows the sandbox's registries; in Azure, check name and network",
            ) from error

    def _pool(self, endpoint: Endpoint, name: str) -> urllib3.HTTPConnectionPool:
        with self._lock:
            if endpoint not in self._pools:
                if endpoint.tls:
                    self._pools[endpoint] = urllib3.HTTPSConnectionPool(
                        endpoint.host,
                        endpoint.port,
                        maxsize=8,
                        ca_certs=str(endpoint.ca_file) if endpoint.ca_file else None,
                        server_hostname=name,
                        assert_hostname=name,
                    )
                else:
                    self._pools[endpoint] = urllib3.HTTPConnectionPool(endpoint.host, endpoint.port, maxsize=8)
            return self._pools[endpoint]

    def _answer(self, challenge: Challenge) -> str | None:
        """Return the authorization that a challenge asks for, or nothing when we have none to give."""
        if challenge.scheme == "basic":
            return self._credentials.basic
        # The password goes to the token service that the registry names, as with every client, but never in clear.
        if challenge.scheme != "bearer" or not challenge.realm.startswith("https://"):
            return None
        query = {"service": challenge.service, "scope": challenge.scope}
        if self._credentials.identity_token:
            form = {**query, "grant_type": "refresh_token", "refresh_token": self._credentials.identity_token}
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            response = self._send("POST", challenge.realm, headers, urlencode(form).encode(), False, None)
        else:
            url = f"{challenge.realm}?{urlencode(query)}"
            response = self._send("GET", url, {}, None, False, self._credentials.basic)
        if response.status != 200:
            return None
        document = json.loads(response.data)
        token = document.get("access_token") or document.get("token")
        return f"Bearer {token}" if token else None


def _shown(url: str) -> str:
    """Drop the query: signed URLs carry credentials there."""
    return urlsplit(url)._replace(scheme="", query="").geturl().removeprefix("//")
