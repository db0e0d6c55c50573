"""ARM-like HTTP over a unix socket: paths are ARM ids, `api-version` is required, errors have Azure's shape.

Owns the wire. Only the socket's owner may connect (mode 0600); there is no other authentication, as there is nobody
else.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import socketserver
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from headgate.errors import HeadgateError
from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.resources import Resources
from headgate.sandbox.azure.routes import Reply, Request, route

LOG = logging.getLogger(__name__)
_MAX_BODY = 16 * 1024 * 1024


class AzureServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Listens on the socket; a thread per connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, path: Path, resources: Resources) -> None:
        """Take the socket over from a process that died."""
        self.resources = resources
        self._path = path
        _clear_stale(path)
        old = os.umask(0o177)
        try:
            super().__init__(str(path), _Handler)
        finally:
            os.umask(old)
        path.chmod(0o600)
        self._inode = path.stat().st_ino

    def server_close(self) -> None:
        """Close the socket, and remove it unless a successor has made its own meanwhile."""
        super().server_close()
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()


def _clear_stale(path: Path) -> None:
    """Remove a socket that nobody answers on."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink()
            return
    raise HeadgateError(
        "another process answers for this sandbox's Azure",
        where=str(path),
        fix="headgate sandbox down, or use another HEADGATE_STATE",
    )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AzureServer
    server_version = "headgate-azure"
    # One write per answer: a header and a body in two would wait for each other's acknowledgement.
    wbufsize = 64 * 1024

    def do_GET(self) -> None:
        self._answer()

    # The names are the base class's.
    do_PUT = do_PATCH = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815

    def _answer(self) -> None:
        try:
            reply = route(self.server.resources, self._request())
        except ArmError as error:
            headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
            reply = Reply(error.status, error.as_json(), headers)
        except HeadgateError as error:
            reply = Reply(400, {"error": {"code": "BadRequest", "message": str(error)}})
        except Exception as error:
            LOG.exception("%s %s", self.command, self.path)
            reply = Reply(
                500, {"error": {"code": "InternalServerError", "message": f"{type(error).__name__}: {error}"}}
            )
        self._send(reply)

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MAX_BODY:
            raise ArmError(413, "RequestEntityTooLarge", f"The request has {length} bytes; {_MAX_BODY} are allowed.")
        payload = self.rfile.read(length) if length else b""
        try:
            body: Any = json.loads(payload) if payload else {}
        except ValueError as error:
            raise bad_request("InvalidRequestContent", f"The request content was invalid: {error}.") from error
        if not isinstance(body, dict):
            raise bad_request("InvalidRequestContent", "The request content must be a JSON object.")
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, unquote(parts.path), query, headers, body)

    def _send(self, reply: Reply) -> None:
        payload = b"" if reply.body is None else json.dumps(reply.body).encode()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(payload)
            self.wfile.flush()

    def address_string(self) -> str:
        """Return who called: a unix socket has no address."""
        return "local"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log calls, never their bodies: they may hold secrets."""
        LOG.debug(format, *args)
