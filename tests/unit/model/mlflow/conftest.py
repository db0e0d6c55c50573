"""A loopback double of MLflow's tracking server: it answers what a test gives it, and nothing of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from headgate.model.credentials import Credentials
from headgate.model.mlflow.server import API, TrackingServer


class MlflowDouble(ThreadingHTTPServer):
    """Answers by path below the API: (status, body, headers), once each, the last again and again."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.answers: dict[str, list[tuple[int, bytes, dict[str, str]]]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.uri = f"http://127.0.0.1:{self.server_port}"

    def say(self, path: str, body: Any, status: int = 200, **headers: str) -> None:
        """Answer a path from now on; after what is already to be said there."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.setdefault(path, []).append((status, raw, named))

    def refuse(self, path: str, status: int, code: str, message: str) -> None:
        """Refuse a path as MLflow does."""
        self.say(path, {"error_code": code, "message": message}, status)

    def client(self, credentials: Credentials = Credentials()) -> TrackingServer:  # noqa: B008 - immutable
        """Return a client that does not wait between attempts."""
        return TrackingServer(self.uri, credentials, sleep=lambda _: None)


class _Answer(BaseHTTPRequestHandler):
    server: MlflowDouble

    def do_GET(self) -> None:
        """Answer."""
        parts = urlsplit(self.path)
        path = parts.path.removeprefix(API)
        query = dict(parse_qsl(parts.query))
        key = f"{path}?{query['path']}" if "path" in query else path
        self.server.asked.append((key, dict(self.headers)))
        rows = self.server.answers[key]
        status, body, headers = rows.pop(0) if len(rows) > 1 else rows[0]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def mlflow() -> Iterator[MlflowDouble]:
    """Serve for one test."""
    double = MlflowDouble()
    thread = threading.Thread(target=double.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield double
    double.shutdown()
    double.server_close()
    thread.join()
