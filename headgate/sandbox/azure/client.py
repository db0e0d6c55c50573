"""Speaks to Azure in miniature over its socket, as an Azure SDK does: retries, polls, and raises Azure's errors.

Owns the retry policy. Connections are kept and used again: an update makes thousands of calls.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from headgate.errors import HeadgateError
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.layout import StateDir

_PASSING = frozenset({408, 500, 502, 503, 504})
_BUSY = frozenset({"AnotherOperationInProgress", "Conflict"})
_TRIES = 4
_THROTTLED_TRIES = 30
_FIRST_DELAY = 0.2
_POLL_FIRST, _POLL_LONGEST = 0.02, 0.5
_TIMEOUT = 300.0
_RESTART_SECONDS = 10.0

Say = Callable[[str], None]


@dataclass
class Patience:
    """How long a call waits for others: `busy` seconds for conflicts, until `cancelled` for everything."""

    busy: float = 600.0
    cancelled: threading.Event | None = None
    say: Say | None = None

    def wait(self, seconds: float) -> None:
        """Wait, unless the update is cancelled."""
        if self.cancelled is None:
            time.sleep(seconds)
        elif self.cancelled.wait(seconds):
            raise HeadgateError("cancelled while waiting for Azure", fix="run the command again; it goes on from here")

    def tell(self, text: str) -> None:
        """Show what is waited for."""
        if self.say is not None:
            self.say(text)


class ArmClient:
    """Azure in miniature of one state directory."""

    def __init__(self, state: StateDir) -> None:
        """Connect at the first call."""
        self._path = str(state.azure_socket)
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []
        self._answered = False

    def close(self) -> None:
        """Close the connections that are kept."""
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def get(self, arm_id: str, api_version: str) -> dict[str, Any] | None:
        """Return a resource, or None."""
        try:
            return self._retrying("GET", arm_id, api_version, None, Patience())[0]
        except ArmError as error:
            if error.status == 404:
                return None
            raise

    def put(self, arm_id: str, api_version: str, body: dict[str, Any], patience: Patience) -> dict[str, Any]:
        """Create or update a resource and wait until it is done."""
        answer, location = self._retrying("PUT", arm_id, api_version, body, patience)
        if location is None:
            return answer
        self._poll(location, patience)
        return self.get(arm_id, api_version) or answer

    def delete(self, arm_id: str, api_version: str, patience: Patience) -> None:
        """Delete a resource and wait until it is gone."""
        try:
            _, location = self._retrying("DELETE", arm_id, api_version, None, patience)
        except ArmError as error:
            if error.status == 404:
                return
            raise
        if location is not None:
            self._poll(location, patience)

    def post(self, arm_id: str, action: str, api_version: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run an action."""
        return self._retrying("POST", f"{arm_id}/{action}", api_version, body or {}, Patience())[0]

    def own(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Make one of the sandbox's own calls (`/-/…`)."""
        status, _, answer = self._send(method, path, body)
        if status >= 400:
            raise ArmError.from_json(status, answer)
        return answer

    def _retrying(
        self, method: str, arm_id: str, api_version: str, body: Any, patience: Patience
    ) -> tuple[dict[str, Any], str | None]:
        """Send a call as often as Azure's SDKs would; return the answer and where its operation is followed."""
        target = f"{quote(arm_id)}?{urlencode({'api-version': api_version})}"
        tries, until = 0, time.monotonic() + patience.busy
        while True:
            status, received, answer = self._send(method, target, body)
            if status < 400:
                return answer, received.get("azure-asyncoperation")
            after = received.get("retry-after")
            error = ArmError.from_json(status, answer, int(after) if after and after.isdigit() else None)
            tries += 1
            patience.wait(_delay(error, tries, until, patience))

    def _poll(self, url: str, patience: Patience) -> None:
        """Follow an operation to its end; a failure is raised with what Azure says of it."""
        parts, delay, shown = urlsplit(url), _POLL_FIRST, ""
        while True:
            status, _, answer = self._send("GET", f"{parts.path}?{parts.query}", None)
            if status >= 400:
                raise ArmError.from_json(status, answer)
            state = str(answer.get("status"))
            if state == "Succeeded":
                return
            if state in ("Failed", "Canceled"):
                raise ArmError.from_json(409, answer)
            if state != shown:
                shown = state
                patience.tell(state)
            patience.wait(delay)
            delay = min(delay * 1.5, _POLL_LONGEST)

    def _send(self, method: str, target: str, body: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
        payload = None if body is None else json.dumps(body)
        until = time.monotonic() + (_RESTART_SECONDS if self._answered else 0.0)
        fresh = False
        while True:
            connection = self._taken(fresh)
            try:
                connection.request(method, target, body=payload, headers={"Content-Type": "application/json"})
                response = connection.getresponse()
                text = response.read()
                received = {name.lower(): value for name, value in response.getheaders()}
                self._give_back(connection)
                self._answered = True
                return response.status, received, json.loads(text) if text else {}
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                # A kept connection may have been closed by a restart. Where Azure has answered before, the supervisor
                # starts it again within seconds; where it never has, nobody is there.
                if isinstance(error, TimeoutError) or (fresh and time.monotonic() >= until):
                    raise _down(self._path, error) from error
                if fresh:
                    time.sleep(_FIRST_DELAY)
                fresh = True

    def _taken(self, fresh: bool) -> http.client.HTTPConnection:
        """Return a kept connection, else a new one."""
        with self._lock:
            if self._idle and not fresh:
                return self._idle.pop()
        return _UnixConnection(self._path)

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            self._idle.append(connection)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over the socket."""

    def __init__(self, path: str) -> None:
        super().__init__("management.azure.com", timeout=_TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _delay(error: ArmError, tries: int, until: float, patience: Patience) -> float:
    """Return how long to wait before the next try, or raise the error for good."""
    if error.status == 429 and tries < _THROTTLED_TRIES:
        patience.tell(f"throttled; again in {error.retry_after or 1} s")
        return float(error.retry_after or 1)
    if error.status == 409 and error.code in _BUSY and time.monotonic() < until:
        patience.tell(error.message)
        return min(_FIRST_DELAY * float(2 ** min(tries, 4)), 2.0)
    if error.status in _PASSING and tries < _TRIES:
        return _FIRST_DELAY * float(2**tries)
    raise error


def _down(path: str, error: Exception) -> HeadgateError:
    return HeadgateError(
        "the sandbox's Azure does not answer",
        where=path,
        found=getattr(error, "strerror", None) or str(error) or type(error).__name__,
        expected="the process that `headgate sandbox up` starts",
        fix="headgate sandbox up",
    )
