"""Azure in miniature as a process of its own, and an engine that drives the provider over gRPC."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.engine.environment import child_environment, prepare
from headgate.engine.scratch import SANDBOX_SALT
from headgate.errors import HeadgateError
from headgate.sandbox.azure.client import ArmClient
from headgate.sandbox.layout import StateDir
from headgate.sandbox.toolchain import tool_path


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


class Project:
    """A stack of one program, deployed to an Azure."""

    def __init__(self, root: Path, azure: AzureProcess, program: str) -> None:
        """Lay it out."""
        self._root = root
        self._environment = child_environment(prepare(azure.state, project=root.parent), os.environ)
        root.mkdir()
        (root / "Pulumi.yaml").write_text("name: headgate\nruntime: python\n")
        (root / "Pulumi.dev.yaml").write_text(f"encryptionsalt: {SANDBOX_SALT}\n")
        (root / "__main__.py").write_text(program)
        self.run("stack", "init", "dev")

    def run(self, *arguments: str) -> str:
        """Run the CLI to its end."""
        done = subprocess.run(
            [tool_path("pulumi"), "--non-interactive", "--color=never", *arguments],
            cwd=self._root,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def deployed(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """Deploy what is asked for; return the resources of the stack's state."""
        (self._root / "asked.json").write_text(json.dumps(asked))
        self.run("up", "--yes", "--skip-preview", "-s", "dev")
        state = json.loads(self.run("stack", "export", "-s", "dev"))
        found: list[dict[str, Any]] = state["deployment"]["resources"]
        return found


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[AzureProcess]:
    """Return a running Azure of its own state directory."""
    state = StateDir(tmp_path / "s").ensure()
    server = AzureProcess(state)
    server.start()
    yield server
    if server.running:
        server.end()
