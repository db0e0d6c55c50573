"""A gate whose decisions nobody keeps closes, and opens by itself: the real OPA before the real collector."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.audit import LedgerReader
from headgate.policy.bundle import Bundle
from tests.component.gate.conftest import TOKEN, free_port
from tests.component.gate.test_webhook import review

pytestmark = pytest.mark.component
CONTROLLER = "system:serviceaccount:kube-system:replicaset-controller"
WITHIN = 60.0


class Collector:
    """The audit ledger's collector at one port, which is killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.ledger, self.port = folder / "ledger", free_port()
        self._token = folder / "token"
        self._token.write_text(TOKEN)
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        own = [sys.executable, "-m", "headgate.audit.collector", f"--ledger={self.ledger}"]
        self.process = subprocess.Popen(
            [*own, f"--port={self.port}", f"--token-file={self._token}"], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        assert "collecting" in self.process.stdout.readline()

    def end(self, number: int = signal.SIGTERM) -> None:
        """End it."""
        self.process.send_signal(number)
        self.process.communicate(timeout=30)

    def asked(self) -> list[tuple[str, bool]]:
        """Return what was asked, by the requests' own numbers, and whether it was let through."""
        reader = LedgerReader(self.ledger)
        found = [reader.document(entry)["data"] for _, entry in reader.entries()]
        return [(each["input"]["request"]["uid"], each["result"]["response"]["allowed"]) for each in found]


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    """Run a collector for one test."""
    running = Collector(tmp_path)
    yield running
    if running.process.poll() is None:
        running.end()


def rules(when_behind: str = "deny") -> dict[str, str]:
    """Return a production cluster's rules, with little room for what is not recorded."""
    files = Bundle.find().admission_files("prod")
    data = json.loads(files["data.json"])
    data["parameters"]["base"]["audit"]["gate"]["unrecorded"] |= {"behind_kib": 24, "when_behind": when_behind}
    return files | {"data.json": json.dumps(data)}


class Asking:
    """Whoever asks the gate, and remembers what it answered."""

    def __init__(self, gate: Any) -> None:
        self.gate = gate
        self.answers: list[tuple[str, bool]] = []

    def ask(self, user: str = "sara", **request: Any) -> dict[str, Any]:
        """Ask for a pod that says something of its own, which no compression makes small."""
        uid = secrets.token_hex(8)
        asked = review(uid=uid, userInfo={"username": user}, **request)
        asked["request"]["object"]["metadata"]["labels"] = {f"l{n}": secrets.token_hex(31) for n in range(40)}
        answer: dict[str, Any] = self.gate.answer(asked)
        self.answers.append((uid, answer["allowed"]))
        return answer

    def until(self, allowed: bool) -> dict[str, Any]:
        """Ask until the gate opens, or closes."""
        deadline = time.monotonic() + WITHIN
        while (answer := self.ask())["allowed"] is not allowed:
            assert time.monotonic() < deadline, answer
        return answer


def wait(true: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + WITHIN
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_gate_whose_collector_is_gone_closes_and_opens_again_and_nothing_is_lost(
    collector: Collector, start_webhook: Callable[..., Any]
) -> None:
    """What is new is refused and told why; what runs goes on; what was decided meanwhile reaches the ledger."""
    asking = Asking(start_webhook(rules(), f"http://127.0.0.1:{collector.port}/v1/opa"))
    before = asking.ask()
    collector.end(signal.SIGKILL)
    closed = asking.until(allowed=False)
    running = asking.ask(CONTROLLER)
    told = asking.ask(image="nginx:latest")
    collector.start()
    asking.until(allowed=True)

    assert (before["allowed"], before["warnings"]) == (True, [])
    assert closed["status"]["message"].startswith("headgate's decisions are not recorded now, so nothing new is let")
    assert closed["auditAnnotations"]["unrecorded"] == "behind"
    assert (running["allowed"], len(running["warnings"])) == (True, 1)
    assert told["status"]["message"].startswith("[HG-SC-001]")
    wait(lambda: set(collector.asked()) >= set(asking.answers))
    assert sorted(set(collector.asked())) == sorted(asking.answers)


def test_where_recording_must_not_stop_serving_the_gate_goes_on_and_says_so(
    collector: Collector, start_webhook: Callable[..., Any]
) -> None:
    """It is configured in the rules' own parameters, and each answer tells of it."""
    asking = Asking(start_webhook(rules("warn"), f"http://127.0.0.1:{collector.port}/v1/opa"))
    collector.end(signal.SIGKILL)
    deadline = time.monotonic() + WITHIN
    while not (answer := asking.ask())["warnings"]:
        assert time.monotonic() < deadline

    assert (answer["allowed"], answer["auditAnnotations"]["unrecorded"]) == (True, "behind")
    assert all(allowed for _, allowed in asking.answers)
