"""A webhook as a cluster runs it: the real OPA with the arguments, files and configuration of the component's pod."""

from __future__ import annotations

import datetime
import gzip
import json
import os
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest
import urllib3

from components.kubernetes import admission_config, admission_pods
from headgate.gate.certificates import issue
from headgate.policy.bundle import Bundle
from headgate.sandbox.toolchain import tool_path

# The second is how an API server on this machine can be told of it, without a Service.
NAMES = ["opa.headgate-gate.svc", "localhost"]


@dataclass(frozen=True)
class Webhook:
    """A running gate: how the API server asks it, and how anyone else would."""

    port: int
    pool: urllib3.HTTPSConnectionPool
    decisions: Queue[dict[str, Any]]
    authorities: bytes
    pid: int
    log: Path

    @property
    def said(self) -> str:
        """What OPA wrote."""
        return self.log.read_text()

    def is_ready(self) -> bool:
        """Ask as the kubelet does."""
        return self.pool.request("GET", "/health/ready").status == 200

    def post(self, document: object) -> urllib3.BaseHTTPResponse:
        """Send what the API server would."""
        return self.pool.request("POST", "/?timeout=5s", body=json.dumps(document).encode(), headers=_JSON)

    def answer(self, document: object) -> dict[str, Any]:
        """Return the response to a review."""
        found: dict[str, Any] = self.post(document).json()["response"]
        return found


_JSON = {"content-type": "application/json"}
TOKEN = "collector-token-of-the-gate"


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def start_webhook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Webhook]]:
    """Start a gate over rule files, and what takes its decisions unless that runs already; all end with the session.

    It is waited for until it is ready, or as long as another `probe` says.
    """
    started: list[tuple[subprocess.Popen[bytes], ThreadingHTTPServer, urllib3.HTTPSConnectionPool]] = []

    def start(files: dict[str, str], audit: str = "", probe: str = "/health/ready") -> Webhook:
        folder = tmp_path_factory.mktemp("webhook")
        decisions: Queue[dict[str, Any]] = Queue()
        collector = _collector(decisions)
        process, port, authorities = _opa(folder, files, audit or f"http://127.0.0.1:{collector.server_port}/v1/opa")
        context = ssl.create_default_context(cafile=str(folder / "tls" / "ca.crt"))
        pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1", port, ssl_context=context, server_hostname=NAMES[0], assert_hostname=NAMES[0], timeout=10
        )
        started.append((process, collector, pool))
        _wait(pool, process, folder, probe)
        return Webhook(port, pool, decisions, authorities, process.pid, folder / "log")

    yield start
    for process, collector, pool in started:
        pool.close()
        process.terminate()
        process.wait(15)
        collector.shutdown()
        collector.server_close()


@pytest.fixture(scope="session")
def webhook(start_webhook: Callable[..., Webhook]) -> Webhook:
    """Run the gate of a production cluster."""
    return start_webhook(Bundle.find().admission_files("prod"))


def _opa(folder: Path, files: dict[str, str], audit: str) -> tuple[subprocess.Popen[bytes], int, bytes]:
    """Run the container of the component's pod, with its mounts where a kubelet would have put them."""
    for name in ("rules", "config", "tls", "audit"):
        (folder / name).mkdir()
    for name, text in files.items():
        (folder / "rules" / name.replace("/", ".")).write_text(text, encoding="utf-8")
    config = {
        "default_decision": "main/admission/response",
        "default_authorization_decision": "system/authz/allow",
        **admission_config.decision_logs(audit),
    }
    (folder / "config" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "audit" / "token").write_text(TOKEN, encoding="utf-8")
    certificate = issue(NAMES, datetime.datetime.now(datetime.UTC))
    for name, content in (
        ("tls.crt", certificate.certificate),
        ("tls.key", certificate.key),
        ("ca.crt", certificate.authorities),
    ):
        (folder / "tls" / name).write_bytes(content)
    port = free_port()
    pod = admission_pods.opa("image", "opa", {"rules": "r", "config": "c"}, {}, frozenset({"audit"}))
    container = pod["containers"][0]
    arguments = [_here(text, folder, port) for text in container["args"]]
    environment = {each["name"]: _here(each["value"], folder, port) for each in container["env"]}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(tool_path("opa")), *arguments], stdout=log, stderr=log, env={**os.environ, **environment}
        )
    return process, port, certificate.authorities


def _here(argument: str, folder: Path, port: int) -> str:
    text = re.sub(rf"(0\.0\.0\.0|127\.0\.0\.1):{admission_pods.PORT}\b", f"127.0.0.1:{port}", argument)
    text = re.sub(r"(^|=)/(rules|config|tls|audit)/", rf"\1{folder}/\2/", text)
    return str(folder / "rules") if text == "/rules" else text


def _wait(pool: urllib3.HTTPSConnectionPool, process: subprocess.Popen[bytes], folder: Path, probe: str) -> None:
    """Wait until a probe is answered well, or say what OPA said when it ended."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if pool.request("GET", probe, retries=False).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.02)
    raise AssertionError((folder / "log").read_text())


def _collector(decisions: Queue[dict[str, Any]]) -> ThreadingHTTPServer:
    """Take decision logs, as the audit collector does."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            for event in json.loads(body):
                decisions.put(event | {"authorization": self.headers.get("authorization")})
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server
