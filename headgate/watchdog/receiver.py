"""Takes the calls of Alertmanagers: `POST /v1/heard/<platform>` with their webhook document and a bearer token.

Listens on loopback; whoever puts it on a network puts TLS in front of it.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WATCHDOG = "Watchdog"
_PATH = re.compile(r"/v1/heard/([a-z][a-z0-9-]{0,62})")
# An Alertmanager's document of one alert has a kilobyte or two.
_MOST_BYTES = 1 << 20
_SECONDS = 10.0


def server(host: str, port: int, token: str, hear: Callable[[str], bool]) -> ThreadingHTTPServer:
    """Return a server that is bound, not started; `hear` takes the platform and says whether it is expected."""

    class Handler(BaseHTTPRequestHandler):
        """One call."""

        timeout = _SECONDS
        server_version, sys_version = "headgate", ""

        def do_GET(self) -> None:
            """Say that it listens, to whoever watches the watcher."""
            self._answer(HTTPStatus.OK if self.path == "/healthz" else HTTPStatus.NOT_FOUND)

        def do_POST(self) -> None:
            """Take a sign of life."""
            self._answer(self._heard())

        def _heard(self) -> HTTPStatus:
            given = self.headers.get("Authorization", "").encode()
            if not hmac.compare_digest(given, f"Bearer {token}".encode()):
                return HTTPStatus.UNAUTHORIZED
            found = _PATH.fullmatch(self.path)
            if found is None:
                return HTTPStatus.NOT_FOUND
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > _MOST_BYTES:
                return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            if not is_sign_of_life(self.rfile.read(int(length))):
                return HTTPStatus.UNPROCESSABLE_ENTITY
            return HTTPStatus.NO_CONTENT if hear(found[1]) else HTTPStatus.NOT_FOUND

        def _answer(self, status: HTTPStatus) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  its name in the library
            """Say nothing: what matters is told."""

    made = ThreadingHTTPServer((host, port), Handler)
    made.daemon_threads = True
    return made


def is_sign_of_life(body: bytes) -> bool:
    """Say whether a document tells of a Watchdog that fires; that one is over is no sign of life."""
    try:
        document: Any = json.loads(body)
        return any(
            alert["status"] == "firing" and alert["labels"]["alertname"] == WATCHDOG for alert in document["alerts"]
        )
    except (ValueError, KeyError, TypeError):
        return False
