"""An Azure Machine Learning registry's management interface, simulated: nothing but Azure has the real one."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from headgate.model.azure_ml import AzureMl, Mirror, Upload

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
MIRROR = Mirror("hgmodels", SUBSCRIPTION, "rg-registry")
LENT = "https://store/container?sig=s"


class SimulatedMlRegistry:
    """The management interface of a registry: versions in memory, which are ready when they are asked for again."""

    def __init__(self) -> None:
        self.versions: dict[str, Any] = {}
        self.asked: list[tuple[str, str]] = []
        self.uploaded: list[tuple[str, str, list[str]]] = []
        self.refuses = 0
        self.lends = LENT
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.take()

            def do_PUT(self) -> None:
                self.take()

            def do_POST(self) -> None:
                self.take()

            def take(self) -> None:
                path = self.path.partition("?")[0]
                body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or "null")
                told = path.rpartition("/registries/")[2]
                outer.asked.append((self.command, told))
                status, document = outer.answer(self.command, told, body)
                if self.headers["authorization"] != "Bearer token":
                    status, document = 401, {}
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Return status and document."""
        if self.refuses:
            return self.refuses, {"error": {"message": "you may not"}}
        if method == "POST":
            where = {"blobUri": self.lends.partition("?")[0], "credential": {"sasUri": self.lends}}
            return 200, {"blobReferenceForConsumption": where}
        if method == "PUT":
            body["properties"]["provisioningState"] = "Succeeded"
            self.versions[path] = body
            return 201, body
        return (200, self.versions[path]) if path in self.versions else (404, {})

    def client(self, upload: Upload | None = None) -> AzureMl:
        """Return a client of it, which uploads files for real or has them noted."""
        management = f"http://127.0.0.1:{self.server.server_address[1]}"
        return AzureMl(MIRROR, lambda: "token", upload or self.upload, management)

    def close(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()

    def upload(self, address: str, prefix: str, folder: Path) -> None:
        """Take files."""
        self.uploaded.append((address, prefix, sorted(each.name for each in folder.iterdir())))
