"""The switch as it runs: hears, judges each second, and calls in the form in which Alertmanagers call.

What takes an Alertmanager's webhook takes this: a paging service, a chat. A call that is not taken is made again.
"""

from __future__ import annotations

import datetime
import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

import urllib3

from headgate.errors import HeadgateError
from headgate.watchdog.receiver import server
from headgate.watchdog.silence import Notice, Silence

LOG = logging.getLogger(__name__)
ALERT = "WatchdogSilent"
_CALL_SECONDS = 10.0


@dataclass(frozen=True)
class Settings:
    """Whom to expect, how long to wait, whom to call."""

    expected: tuple[str, ...]
    token: str
    call: str
    call_token: str = ""
    patience: float = 300.0
    remind: float = 3600.0
    host: str = "127.0.0.1"
    port: int = 9095
    runbooks: str = ""
    turn: float = 1.0


class Service:
    """A running switch. `address` is where it listens."""

    def __init__(self, settings: Settings) -> None:
        """Bind; a port that is taken is said."""
        self._settings = settings
        self._silence = Silence(settings.expected, settings.patience, settings.remind, time.monotonic())
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._client = urllib3.PoolManager(retries=False, timeout=_CALL_SECONDS)
        try:
            self._server = server(settings.host, settings.port, settings.token, self._hear)
        except OSError as error:
            raise HeadgateError(
                "the dead man's switch can't listen",
                where=f"{settings.host}:{settings.port}",
                found=error.strerror or str(error),
                expected="an address of this machine that is free",
                fix="give another --listen",
            ) from error

    @property
    def address(self) -> str:
        """Return host and port."""
        return f"{self._settings.host}:{self._server.server_address[1]}"

    def run(self) -> None:
        """Listen and judge until `stop`."""
        hearing = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        hearing.start()
        try:
            while not self._end.wait(self._settings.turn):
                self._tell()
        finally:
            self._server.shutdown()
            self._server.server_close()
            hearing.join()
            self._client.clear()

    def stop(self) -> None:
        """End `run`."""
        self._end.set()

    def _hear(self, platform: str) -> bool:
        with self._lock:
            return self._silence.hear(platform, time.monotonic())

    def _tell(self) -> None:
        """Call for each notice that is due; what is not taken stays due."""
        with self._lock:
            due = self._silence.due(time.monotonic())
        for notice in due:
            if self._call(notice):
                with self._lock:
                    self._silence.told(notice, time.monotonic())

    def _call(self, notice: Notice) -> bool:
        """Call once; say whether it was taken."""
        token = self._settings.call_token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        body = document(notice, self._settings.runbooks, datetime.datetime.now(datetime.UTC))
        try:
            answer = self._client.request("POST", self._settings.call, json=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            LOG.error("%s could not be told: %s", notice.platform, type(error).__name__)
            return False
        if not 200 <= answer.status < 300:
            LOG.error("%s could not be told: HTTP %d", notice.platform, answer.status)
            return False
        LOG.warning("%s is %s", notice.platform, "silent" if notice.is_silent else "heard again")
        return True


def document(notice: Notice, runbooks: str, now: datetime.datetime) -> dict[str, Any]:
    """Return a notice as Alertmanager's webhooks have it."""
    status = "firing" if notice.is_silent else "resolved"
    labels = {"alertname": ALERT, "platform": notice.platform, "severity": "critical"}
    started = (now - datetime.timedelta(seconds=notice.seconds)).isoformat()
    words = "No alert of it can reach anybody." if notice.is_silent else "Its alerts arrive again."
    annotations = {
        "summary": f"{notice.platform} {'is silent' if notice.is_silent else 'is heard again'}",
        "description": f"Its Watchdog was not heard for {notice.seconds:.0f} s. {words}",
        **({"runbook_url": f"{runbooks.rstrip('/')}/watchdog.md"} if runbooks else {}),
    }
    ended = {} if notice.is_silent else {"endsAt": now.isoformat()}
    alert = {"status": status, "labels": labels, "annotations": annotations, "startsAt": started, **ended}
    return {
        "version": "4",
        "status": status,
        "receiver": "watchdog",
        "groupKey": f"{ALERT}/{notice.platform}",
        "groupLabels": labels,
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "alerts": [alert],
    }
