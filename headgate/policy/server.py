"""An OPA of our own for one run: on a unix socket in a private directory, with a token, closed to all but one question.

An open OPA on loopback could be given other rules by any process of the machine. This one can't be reached by other
users, answers nobody without the token, and can't be written to at all: `policies/rego/main/system/authz.rego`.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headgate import temporary
from headgate.errors import HeadgateError
from headgate.policy import opa
from headgate.policy.bundle import Bundle

if TYPE_CHECKING:
    from headgate.policy.client import Asker

# Half a second where nothing else runs.
START_SECONDS = 60.0
# One resource takes milliseconds; the engine waits for the answer with the deployment.
ANSWER_SECONDS = 30.0
# From a broken connection to the end of the process that broke it.
_LAST_MOMENT = 1.0
_DIE_WITH_PARENT = 1
# The path of a socket has 108 bytes, of which the last ends it.
_LONGEST_PATH = 107


class OpaServer:
    """A running OPA that answers run documents; a context manager."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._token = secrets.token_urlsafe(32)
        self._asker: Asker | None = None
        # For which gate and environment the rules and parameters were found to be whole; nobody can change them here.
        self._whole: set[tuple[Any, Any]] = set()
        self._folder = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> OpaServer:
        """Start it and wait until it answers."""
        folder = self._folder.enter_context(temporary.folder("opa"))
        try:
            self._start(folder)
            self._wait(folder)
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
        if self._asker is None:
            raise HeadgateError("OPA was asked before it was started")
        about = run.get("gate"), run.get("environment")
        try:
            decision = self._asker.ask(run, opa.AGAIN if about in self._whole else opa.QUERY)
        except OSError as error:
            ended = self._ended()
            cause = opa.ended(ended) if ended is not None else f"OPA does not answer: {error!r}"
            raise opa.unavailable(cause) from error
        self._whole.add(about)
        return decision

    def _ended(self) -> int | None:
        """Return how the process ended, if it did: its connection breaks a moment before that can be told."""
        if self._process is None:
            return None
        try:
            return self._process.wait(_LAST_MOMENT)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        """End the process and remove its directory; safe to call twice."""
        if self._asker is not None:
            self._asker.close()
            self._asker = None
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._folder.close()

    def _start(self, folder: Path) -> None:
        _see_that_a_socket_fits(folder / "opa.sock")
        rules = folder / "rules"
        rules.mkdir()
        opa.write(self._bundle, rules, gate="local", token_sha256=hashlib.sha256(self._token.encode()).hexdigest())
        command = [
            *(str(opa.executable()), "run", "--server", "--addr", f"unix://{folder / 'opa.sock'}"),
            *("--unix-socket-perm", "600", "--authentication=token", "--authorization=basic"),
            *("--skip-version-check", "--log-level=error", str(rules)),
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

    def _wait(self, folder: Path) -> None:
        # The client takes as long to import as OPA to load the rules: one beside the other.
        from headgate.policy.client import Asker

        self._asker = Asker(folder / "opa.sock", self._token, ANSWER_SECONDS)
        deadline = time.monotonic() + START_SECONDS
        while not self._asker.ready():
            code = self._process.poll() if self._process else 0
            if code is not None or time.monotonic() > deadline:
                state = f"it ended with code {code}" if code is not None else f"silent for {START_SECONDS:.0f} s"
                raise opa.unavailable(f"OPA does not start: {state}: {self._last_words()}")
            time.sleep(0.01)

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-500:].strip() or "no message"


def _see_that_a_socket_fits(path: Path) -> None:
    """Say so at once where no OPA could ever listen: its own words for it are "invalid argument"."""
    length = len(os.fsencode(path))
    if length > _LONGEST_PATH:
        raise HeadgateError(
            "OPA can't be asked, so nothing was judged",
            where=str(path),
            found=f"a path of {length} bytes for its socket",
            expected=f"at most {_LONGEST_PATH}, which is what a socket's path may have",
            fix="name a shorter folder for temporary files: `TMPDIR=/tmp`",
        )


def _die_with_parent() -> None:
    """Ask Linux to end this process with the one that started it: nothing is left when that is killed.

    It has nothing to finish, and one that stands still takes no other signal.
    """
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
