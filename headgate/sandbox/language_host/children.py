"""The processes that a host runs: programs and plugins. All of them end with the host."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

_GRACE_SECONDS = 3.0


class Children:
    """Starts processes in groups of their own, and ends what is left. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def start(
        self,
        argv: Sequence[str | Path],
        *,
        piped: bool,
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a process; its stdin is a pipe of ours, so that it can notice our end."""
        output = subprocess.PIPE if piped else None
        with self._lock:
            if self._closed:
                raise InterruptedError("the language host is ending")
            child = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                cwd=cwd,
                env=env,
                process_group=0,
            )
            self._running.add(child)
        return child

    def forget(self, child: subprocess.Popen[bytes]) -> None:
        """Take a process that has ended off the list."""
        with self._lock:
            self._running.discard(child)

    def end(self, child: subprocess.Popen[bytes]) -> None:
        """Ask a process and what it started to end, then kill it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=_GRACE_SECONDS)
                break
        self.forget(child)

    def end_all(self, *, final: bool) -> None:
        """End everything that runs; finally, nothing more starts."""
        with self._lock:
            self._closed = self._closed or final
            running = list(self._running)
        for child in running:
            self.end(child)
