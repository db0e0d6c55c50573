"""The admission gate's OPA as its pod runs it, over bundles that it pulls from a registry."""

from __future__ import annotations

import datetime
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import urllib3

from components.kubernetes import admission_config, admission_pods
from headgate.gate.certificates import issue
from headgate.sandbox.toolchain import tool_path

_NAME = "opa.headgate-gate.svc"
_MOUNTS = ("rules", "config", "tls", "scratch")


class Gate:
    """A running OPA of the gate."""

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
        self._folder, self._process, self.port = folder, process, port
        context = ssl.create_default_context(cafile=str(folder / "tls" / "ca.crt"))
        self._pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            port,
            ssl_context=context,
            server_hostname=_NAME,
            assert_hostname=_NAME,
            timeout=10,
            retries=False,
        )

    @property
    def said(self) -> str:
        """What OPA wrote."""
        return (self._folder / "log").read_text()

    def ready(self) -> bool:
        """Ask as the kubelet does."""
        return self._health() == 200

    def answers(self) -> bool:
        """Whether it listens, ready or not: it begins to pull before it does."""
        return self._health() is not None

    def _health(self) -> int | None:
        try:
            return self._pool.request("GET", "/health/ready").status
        except urllib3.exceptions.HTTPError:
            return None

    def review(self, document: Mapping[str, Any]) -> urllib3.BaseHTTPResponse:
        """Ask as the API server does."""
        return self._pool.request("POST", "/?timeout=5s", json=document)

    def ask(self, method: str, path: str, body: bytes = b"") -> int:
        """Ask for something else, and return the status."""
        return self._pool.request(method, path, body=body).status

    def wait(self, true: Callable[[], bool]) -> None:
        """Wait until something holds, or say what OPA said."""
        deadline = time.monotonic() + 60
        while not true():
            assert time.monotonic() < deadline, self.said
            assert self._process.poll() is None, self.said
            time.sleep(0.05)

    def close(self) -> None:
        """End it."""
        self._pool.close()
        self._process.terminate()
        self._process.wait(20)


def start_gate(folder: Path, files: Mapping[str, str], environment: str, parts: list[dict[str, Any]]) -> Gate:
    """Start a cluster's gate: what it has of its own, and what it pulls from where."""
    for name in _MOUNTS:
        (folder / name).mkdir()
    for name, text in files.items():
        (folder / "rules" / name).write_text(text)
    known = admission_config.base(environment) | {"decision_logs": {"console": True}}
    # The registry of a test has no certificate.
    text = admission_config.written(known, parts).replace("https://127.", "http://127.")
    (folder / "config" / "config.json").write_text(text)
    certificate = issue([_NAME], datetime.datetime.now(datetime.UTC))
    (folder / "tls" / "tls.crt").write_bytes(certificate.certificate)
    (folder / "tls" / "tls.key").write_bytes(certificate.key)
    (folder / "tls" / "ca.crt").write_bytes(certificate.authorities)
    return Gate(folder, *_run(folder))


def _run(folder: Path) -> tuple[int, subprocess.Popen[bytes]]:
    """Run the container of the component's pod, with its mounts in a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    pod = admission_pods.opa("image", "opa", {"rules": "r", "config": "c"}, {}, frozenset({"bundle"}))
    container = pod["containers"][0]
    assert {mount["name"]: mount["mount_path"] for mount in container["volume_mounts"]} == {
        name: f"/{name}" for name in _MOUNTS
    }
    arguments = [
        _here(text, folder).replace(f"0.0.0.0:{admission_pods.PORT}", f"127.0.0.1:{port}") for text in container["args"]
    ]
    environment = {**os.environ, **{each["name"]: _here(each["value"], folder) for each in container["env"]}}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(tool_path("opa")), *arguments], stdout=log, stderr=log, env=environment)
    return port, process


def _here(text: str, folder: Path) -> str:
    for name in _MOUNTS:
        text = text.replace(f"=/{name}/", f"={folder}/{name}/")
        text = str(folder / name) if text == f"/{name}" else text
    return text
