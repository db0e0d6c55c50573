"""Somebody who is called by webhook, and remembers of what."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Call:
    """One alert of one call: where it came in, what it showed, what it said."""

    path: str
    authorization: str
    alert: dict[str, Any]

    @property
    def told(self) -> tuple[str, str]:
        """Return the alert's name, and whether it stands."""
        return self.alert["labels"]["alertname"], self.alert["status"]


class Pager:
    """Listens on a free port of loopback. `status` is what it answers."""

    def __init__(self) -> None:
        """Listen."""
        self.all: list[Call] = []
        self.status = 200
        pager = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                shown = self.headers.get("Authorization", "")
                pager.all.extend(Call(self.path, shown, alert) for alert in body["alerts"])
                self.send_response(pager.status)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def calls(self) -> list[tuple[str, str]]:
        """Return the name and status of every alert that was told."""
        return [call.told for call in self.all]

    def at(self, path: str) -> list[tuple[str, str]]:
        """Return those that came in at a path."""
        return [call.told for call in self.all if call.path == path]

    @property
    def url(self) -> str:
        """Return where it is called."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
