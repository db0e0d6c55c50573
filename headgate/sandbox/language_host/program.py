"""Runs programs: one executor process a run, started ahead while the engine still prepares."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from pathlib import Path

from pulumi.runtime.proto import language_pb2

from headgate.sandbox.language_host import executor as executor_module
from headgate.sandbox.language_host import interpreter
from headgate.sandbox.language_host.children import Children

_EXECUTOR = Path(executor_module.__file__)


class Programs:
    """Keeps at most one executor warm per interpreter."""

    def __init__(self, children: Children, engine: str) -> None:
        self._children = children
        self._engine = engine
        self._lock = threading.Lock()
        self._warm: dict[Path, subprocess.Popen[bytes]] = {}

    def warm(self, info: language_pb2.ProgramInfo) -> None:
        """Start an executor for a program that is about to run. A missing interpreter is reported by the run."""
        with contextlib.suppress(interpreter.MissingVirtualenvError, OSError), self._lock:
            python = interpreter.of(info)
            if python not in self._warm:
                self._warm[python] = self._start(python)

    def run(self, request: language_pb2.RunRequest) -> language_pb2.RunResponse:
        """Run a program to its end, and say how it ended."""
        try:
            child = self._take(interpreter.of(request.info))
        except (interpreter.MissingVirtualenvError, OSError) as error:
            return language_pb2.RunResponse(error=str(error))
        try:
            if child.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    child.stdin.write(_as_line(request, self._engine))
                    child.stdin.flush()
            code = child.wait()
        finally:
            self._children.forget(child)
            if child.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    child.stdin.close()
        if code == executor_module.SHOWN:
            return language_pb2.RunResponse(bail=True)
        if code:
            ended = f"was ended by signal {-code}" if code < 0 else f"exited with {code}"
            return language_pb2.RunResponse(error=f"the program {ended} before it was done")
        return language_pb2.RunResponse()

    def _take(self, python: Path) -> subprocess.Popen[bytes]:
        """Return the warm executor, or a fresh one."""
        with self._lock:
            child = self._warm.pop(python, None)
        return child if child is not None and child.poll() is None else self._start(python)

    def _start(self, python: Path) -> subprocess.Popen[bytes]:
        """Start an executor; what the program prints goes where the host's output goes."""
        return self._children.start([python, "-u", "-P", _EXECUTOR], piped=False)


def _as_line(request: language_pb2.RunRequest, engine: str) -> bytes:
    """Return the request as the executor reads it."""
    info = request.info
    program = Path(info.program_directory)
    if info.entry_point not in {"", "."}:
        program /= info.entry_point
    fields = {
        "project": request.project,
        "stack": request.stack,
        "organization": request.organization or "organization",
        "monitor": request.monitor_address,
        "engine": engine,
        "parallel": request.parallel,
        "dry_run": request.dryRun,
        "pwd": request.pwd or info.program_directory,
        "program": str(program),
        "args": list(request.args),
        "config": dict(request.config),
        "secret_keys": list(request.configSecretKeys),
    }
    return json.dumps(fields).encode() + b"\n"
