"""A real registry on a loopback port, for one session; each test has repositories of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from headgate.model import ModelRegistry, Registry
from headgate.model.credentials import Credentials
from headgate.sandbox.toolchain import tool_path


@dataclass(frozen=True)
class RunningRegistry:
    """Where the registry answers, and where it keeps what it has."""

    login_server: str
    port: int
    storage: Path


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """Start the registry and wait until it answers."""
    directory = tmp_path_factory.mktemp("registry")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = directory / "config.yml"
    config.write_text(
        "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
        f"storage: {{filesystem: {{rootdirectory: {directory / 'data'}}}}}\nhttp: {{addr: 127.0.0.1:{port}}}\n"
    )
    environment = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(tool_path("registry")), "serve", str(config)], stdout=log, stderr=log, env=environment
        )
    try:
        wait_for_port(port, process)
        yield RunningRegistry(f"127.0.0.1:{port}", port, directory / "data")
    finally:
        process.terminate()
        process.wait(10)


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until something accepts connections."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("the registry did not start")


@pytest.fixture
def registry(running: RunningRegistry) -> Registry:
    """Return an anonymous client."""
    return Registry(running.login_server, credentials=Credentials())


@pytest.fixture
def models(registry: Registry) -> ModelRegistry:
    """Return the registry's models."""
    return ModelRegistry(registry)


@pytest.fixture
def breaking(running: RunningRegistry) -> Iterator[Callable[..., BreakingProxy]]:
    """Return a maker of proxies in front of the registry that break connections."""
    made: list[BreakingProxy] = []

    def make(cuts: int, limit: int, towards_client: bool = False) -> BreakingProxy:
        made.append(BreakingProxy(running.port, cuts, limit, towards_client))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


class BreakingProxy:
    """Forwards to a port; each connection of the first `cuts` big ones breaks after `limit` bytes, in one direction."""

    def __init__(self, port: int, cuts: int, limit: int, towards_client: bool = False) -> None:
        self._target, self._limit, self._towards_client = port, limit, towards_client
        self._left = cuts
        self.broken = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept nobody else."""
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            upstream = socket.create_connection(("127.0.0.1", self._target))
            for source, sink, watched in (
                (client, upstream, not self._towards_client),
                (upstream, client, self._towards_client),
            ):
                threading.Thread(target=self._pump, args=(source, sink, watched), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, watched: bool) -> None:
        passed = 0
        try:
            while chunk := source.recv(65536):
                passed += len(chunk)
                if watched and self._left > 0 and passed > self._limit:
                    self._left -= 1
                    self.broken += 1
                    break
                sink.sendall(chunk)
        except OSError:
            pass
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
