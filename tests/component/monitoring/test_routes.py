"""Alertmanager itself, with the configuration that platforms get: who is called of what, and who is not."""

from __future__ import annotations

import datetime
import http.client
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pager import Pager

from components.monitoring.inhibitions import INHIBITIONS, Inhibition
from components.monitoring.routes import DeadMan, Mail, Quiet, Routing, Step, configuration
from components.monitoring.tunables import Telling
from headgate.sandbox.toolchain import tool_path
from headgate.watchdog.service import Service, Settings

pytestmark = pytest.mark.component

QUICK = Telling(
    group_wait="50ms", group_interval="200ms", repeat_interval="1h", watchdog_interval="200ms", watchdog_repeat="150ms"
)
TOKEN = "a-token-of-the-switch"
Start = Callable[..., "Alertmanager"]


def eventually(condition: Callable[[], Any], what: str, seconds: float = 30.0) -> Any:
    """Return what a condition returns once it is truthy."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"it did not come true in time: {what}"
        time.sleep(0.02)
    return found


class Alertmanager:
    """A running Alertmanager, told of alerts as Prometheus would tell it."""

    def __init__(self, document: dict[str, Any], folder: Path) -> None:
        """Start it with a configuration and wait until it is ready."""
        folder.mkdir()
        (folder / "alertmanager.json").write_text(json.dumps(document))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._log = (folder / "log").open("wb")
        arguments = [
            str(tool_path("alertmanager")),
            f"--config.file={folder / 'alertmanager.json'}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--cluster.listen-address=",
        ]
        self._process = subprocess.Popen(arguments, stdout=self._log, stderr=self._log)
        eventually(self._is_ready, (folder / "log").read_text() or "Alertmanager is ready")

    @property
    def address(self) -> str:
        """Return where it listens."""
        return f"127.0.0.1:{self._port}"

    def fire(self, *alerts: dict[str, str]) -> None:
        """Tell it of alerts, by their labels."""
        self._request("POST", "/api/v2/alerts", [{"labels": labels} for labels in alerts])

    def end(self, labels: dict[str, str]) -> None:
        """Tell it that an alert is over."""
        now = datetime.datetime.now(datetime.UTC).isoformat()
        self._request("POST", "/api/v2/alerts", [{"labels": labels, "endsAt": now}])

    def standing(self, name: str) -> list[dict[str, Any]]:
        """Return the alerts of a name that it knows."""
        found = json.loads(self._request("GET", "/api/v2/alerts"))
        return [alert for alert in found if alert["labels"]["alertname"] == name]

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(timeout=10)
        self._log.close()

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, "Alertmanager refused its configuration"
        try:
            return bool(self._request("GET", "/-/ready"))
        except OSError:
            return False

    def _request(self, method: str, path: str, body: object = None) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
            return text
        finally:
            connection.close()


@pytest.fixture
def pager() -> Iterator[Pager]:
    """Return somebody who is called."""
    made = Pager()
    yield made
    made.close()


@pytest.fixture
def start(tmp_path: Path, pager: Pager) -> Iterator[Start]:
    """Return what starts an Alertmanager; those that were started end with the test."""
    running: list[Alertmanager] = []

    def run(quiet: Quiet | None = None, dead_man: DeadMan | None = None) -> Alertmanager:
        steps = (
            Step("on-call", emails=("on-call@example.com",), webhooks=(f"{pager.url}on-call",)),
            Step("lead", webhooks=(f"{pager.url}lead",)),
        )
        switch = dead_man or DeadMan(f"{pager.url}dead-man", TOKEN)
        # Nothing listens there: that mail fails must not keep anybody from being called.
        mail = Mail("127.0.0.1:1", "alerts@example.com")
        routing = Routing(steps, switch, mail, quiet, telling=QUICK)
        running.append(Alertmanager(configuration(routing), tmp_path / f"alertmanager-{len(running)}"))
        return running[-1]

    yield run
    for each in running:
        each.stop()


def hours(first: int, last: int) -> Quiet:
    """Return quiet hours between so many hours from now."""
    now = datetime.datetime.now(datetime.UTC)
    start, end = (f"{now + datetime.timedelta(hours=offset):%H:%M}" for offset in (first, last))
    return Quiet(start, end, "UTC")


CRITICAL = {"alertname": "RegistryDown", "severity": "critical", "escalation": "on-call"}
LATER = {"alertname": "RegistryDownStep2", "severity": "critical", "escalation": "lead"}
WARNING = {"alertname": "FailoverActive", "severity": "warning", "region": "uaenorth"}
WATCHDOG = {"alertname": "Watchdog", "severity": "none"}


def test_each_alert_calls_whom_its_severity_and_step_say(start: Start, pager: Pager) -> None:
    """And calls again when it is over. What no route knows calls the first step; what is for nobody, nobody."""
    alertmanager = start(hours(4, 6))
    nobodys = {"alertname": "Curious", "severity": "info"}
    alertmanager.fire(nobodys, CRITICAL, LATER, WARNING, {"alertname": "Unlabelled"})

    eventually(lambda: len(pager.at("/on-call")) >= 3 and pager.at("/lead"), "those who should be are called")
    alertmanager.end(LATER)
    eventually(lambda: len(pager.at("/lead")) == 2, "the lead hears that it is over")
    assert pager.at("/lead") == [("RegistryDownStep2", "firing"), ("RegistryDownStep2", "resolved")]
    assert set(pager.at("/on-call")) == {
        ("RegistryDown", "firing"),
        ("FailoverActive", "firing"),
        ("Unlabelled", "firing"),
    }
    assert alertmanager.standing("Curious")[0]["receivers"] == [{"name": "nobody"}]


def test_at_quiet_hours_only_what_is_critical_is_told(start: Start, pager: Pager) -> None:
    """The warning stands, muted; the Watchdog goes on."""
    alertmanager = start(hours(-2, 2))
    alertmanager.fire(WATCHDOG, WARNING)
    eventually(lambda: alertmanager.standing("FailoverActive"), "the warning has arrived")
    eventually(lambda: len(pager.at("/dead-man")) > 5, "the warning's turn has passed several times")
    alertmanager.fire(CRITICAL)
    eventually(lambda: pager.at("/on-call"), "the on-call is called")

    assert pager.at("/on-call") == [("RegistryDown", "firing")]


@pytest.mark.parametrize("inhibition", INHIBITIONS, ids=lambda each: each.source)
def test_what_is_explained_is_silent_until_its_cause_is_gone(
    start: Start, pager: Pager, inhibition: Inhibition
) -> None:
    """Escalations of it too. The same elsewhere is told."""
    alertmanager = start()
    here, elsewhere = (dict.fromkeys(inhibition.equal, place) for place in ("here", "elsewhere"))
    cause = {"alertname": inhibition.source, "severity": "critical", "escalation": "lead", **here}
    explained = [
        {"alertname": f"{target}{step}", "severity": "critical", "escalation": "on-call", **here}
        for target in inhibition.targets
        for step in ("", "Step2")
    ]
    alertmanager.fire(cause)
    eventually(lambda: pager.at("/lead"), "the cause is told")
    # What is explained may itself explain: elsewhere one is enough.
    others = [{**explained[0], **elsewhere}] if inhibition.equal else []
    alertmanager.fire(*explained, *others)
    eventually(lambda: len(pager.at("/on-call")) == len(others), "what is elsewhere is told")
    for alert in explained:
        found = [row for row in alertmanager.standing(alert["alertname"]) if row["labels"] == alert]
        assert [row["status"]["state"] for row in found] == ["suppressed"], alert

    alertmanager.end(cause)
    told = (explained[0]["alertname"], "firing")
    eventually(lambda: told in pager.at("/on-call")[len(others) :], "without its cause it is told")


def test_the_watchdog_is_heard_and_its_silence_is_told(start: Start, pager: Pager) -> None:
    """All the way: Alertmanager calls the switch, by its token; when it stops, somebody is called, and again later."""
    settings = Settings(("platform-test",), TOKEN, f"{pager.url}switch", patience=3.0, port=0, turn=0.05)
    switch = Service(settings)
    running = threading.Thread(target=switch.run)
    running.start()
    try:
        dead_man = DeadMan(f"http://{switch.address}/v1/heard/platform-test", TOKEN)
        first = start(None, dead_man)
        first.fire(WATCHDOG)
        eventually(lambda: first.standing("Watchdog"), "the Watchdog stands")
        first.stop()
        eventually(lambda: pager.at("/switch") == [("WatchdogSilent", "firing")], "its silence is told")

        start(None, dead_man).fire(WATCHDOG)
        eventually(lambda: ("WatchdogSilent", "resolved") in pager.at("/switch"), "that it is back is told")
        assert pager.all[0].alert["labels"]["platform"] == "platform-test"
    finally:
        switch.stop()
        running.join()


def test_a_watchdog_comes_again_and_again_with_its_token(start: Start, pager: Pager) -> None:
    """To its own receiver and no other."""
    start(hours(-2, 2)).fire(WATCHDOG)

    eventually(lambda: len(pager.all) >= 3, "it is told three times")
    assert {(call.path, call.authorization, call.told) for call in pager.all} == {
        ("/dead-man", f"Bearer {TOKEN}", ("Watchdog", "firing"))
    }
