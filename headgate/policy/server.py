"""An OPA of our own for one run: on a unix socket in a private directory, with a token, closed to all but one question.

An open OPA on loopback could be given other rules by any process of the machine. This one can't be reached by other
users, answers nobody without the token, and can't be written to at all: `policies/rego/main/system/authz.rego`.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import http.client
import json
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError
from headgate.policy import opa
from headgate.policy.bundle import Bundle

START_SECONDS = 20.0
# One resource takes under a millisecond; the engine waits for the answer with the deployment.
ANSWER_SECONDS = 30.0
_QUESTION = "/v1/data/main/decision?strict-builtin-errors=true"
_DIE_WITH_PARENT = 1


class OpaServer:
    """A running OPA that answers run documents; a context manager."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._token = secrets.token_urlsafe(32)
        self._local = threading.local()
        self._connections: list[http.client.HTTPConnection] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> OpaServer:
        """Start it and wait until it answers."""
        self._folder = tempfile.TemporaryDirectory(prefix="headgate-")
        try:
            self._start(Path(self._folder.name))
            self._wait()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    @property
    def pid(self) -> int | None:
        """Return its process."""
        return self._process.pid if self._process else None

    def ask(self, run: Mapping[str, Any]) -> dict[str, Any]:
        """Return the decision document over a run; raises rather than guess."""
        status, body = self._post(json.dumps({"input": run}).encode())
        try:
            answer = json.loads(body)
        except ValueError:
            answer = {}
        if status != http.client.OK or "result" not in answer:
            causes = [str(error.get("message")) for error in answer.get("errors") or []]
            raise opa.unavailable("; ".join(causes) or str(answer.get("message") or f"HTTP {status} and no decision"))
        return opa.checked(answer["result"])

    def close(self) -> None:
        """End the process and remove its directory; safe to call twice."""
        while self._connections:
            self._connections.pop().close()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _start(self, folder: Path) -> None:
        rules = folder / "rules"
        rules.mkdir()
        opa.write(self._bundle, rules, gate="local", token_sha256=hashlib.sha256(self._token.encode()).hexdigest())
        command = [
            *(str(opa.executable()), "run", "--server", "--addr", f"unix://{folder / 'opa.sock'}"),
            *("--unix-socket-perm", "600", "--authentication=token", "--authorization=basic"),
            *("--disable-telemetry", "--log-level=error", str(rules)),
        ]
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  before any thread
                start_new_session=True,
            )

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(self._connect()) as once:
                once.request("GET", "/health")
                if once.getresponse().status == http.client.OK:
                    return
            code = self._process.poll() if self._process else 0
            if code is not None or time.monotonic() > deadline:
                state = f"it ended with code {code}" if code is not None else f"silent for {START_SECONDS:.0f} s"
                raise opa.unavailable(f"OPA does not start: {state}: {self._last_words()}")
            time.sleep(0.01)

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-500:].strip() or "no message"

    def _post(self, body: bytes) -> tuple[int, bytes]:
        """Ask over this thread's connection, and once more over a fresh one if that has gone."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        error: Exception | None = None
        for _ in range(2):
            connection = getattr(self._local, "connection", None) or self._kept()
            try:
                connection.request("POST", _QUESTION, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException) as failure:
                error = failure
                connection.close()
                self._local.connection = None
                if isinstance(failure, TimeoutError):
                    break
        ended = self._process.poll() if self._process else None
        cause = f"OPA ended with code {ended}" if ended is not None else f"OPA does not answer: {error!r}"
        raise opa.unavailable(cause)

    def _kept(self) -> http.client.HTTPConnection:
        """Open a connection for this thread's further questions."""
        self._local.connection = self._connect()
        self._connections.append(self._local.connection)
        connection: http.client.HTTPConnection = self._local.connection
        return connection

    def _connect(self) -> http.client.HTTPConnection:
        if self._folder is None:
            raise HeadgateError("OPA was asked before it was started")
        return _UnixConnection(f"{self._folder.name}/opa.sock")


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _die_with_parent() -> None:
    """Ask Linux to end this process with the one that started it: nothing is left when that is killed."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)
