"""Azure in miniature as a process of its own, and an engine that drives the provider over gRPC."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox.azure.client import ArmClient
from headgate.sandbox.layout import StateDir


def eventually(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Return what a condition returns once it is truthy."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = condition()
        except (HeadgateError, OSError):
            found = None
        if found:
            return found
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where what is read of the SDK is kept, so that it is read once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module", autouse=True)
def sdk_cache(cache_folder: Path) -> Iterator[None]:
    """Keep what is read of the SDK out of the user's cache; other files' tests, in the same process, keep theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache_folder))
        yield


class AzureProcess:
    """The server, without real counterparts."""

    def __init__(self, state: StateDir) -> None:
        """Start it."""
        self.state = state
        self.client = ArmClient(state)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, scale: float = 0.001) -> None:
        """Start and wait until it answers."""
        arguments = ["--state", str(self.state.root), "--simulated", "--time-scale", str(scale)]
        log = (self.state.root / "azure.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "headgate.sandbox.azure", *arguments], stdout=log, stderr=log
            )
        eventually(lambda: self.client.own("GET", "/-/healthz"))

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal and return its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(timeout=20)
        self.client.close()
        self._process = None
        return code

    @property
    def running(self) -> bool:
        """Say whether it has not been ended."""
        return self._process is not None


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[AzureProcess]:
    """Return a running Azure of its own state directory."""
    state = StateDir(tmp_path / "s").ensure()
    server = AzureProcess(state)
    server.start()
    yield server
    if server.running:
        server.end()
