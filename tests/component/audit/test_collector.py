"""The collector as a process: durable answers, one writer for many clients, and no loss on kill -9."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from model_shelf import version

from headgate.audit import Entry, LedgerReader, record, verify
from headgate.audit.client import append
from headgate.audit.collector.positions import position_file
from headgate.audit.record import collector_of
from headgate.cli.model_options import record_event
from headgate.errors import HeadgateError
from headgate.model.proofs.standing import Standing

pytestmark = pytest.mark.component
TOKEN = "0123456789abcdef0123456789abcdef"


class Collector:
    """A running collector and how to speak to it."""

    def __init__(self, folder: Path, *options: str, scheme: str | None = None) -> None:
        """Start it and wait for its address."""
        self.ledger = folder / "ledger"
        token = folder / "token"
        token.write_text(TOKEN)
        command = [
            sys.executable,
            "-m",
            "headgate.audit.collector",
            "--ledger",
            str(self.ledger),
            "--token-file",
            str(token),
            *options,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert f" on {scheme or ('https' if options else 'http')}://127.0.0.1:" in line
        self.address = line.split()[-1]

    def post(self, path: str, body: bytes, token: str = TOKEN, **headers: str) -> urllib3.BaseHTTPResponse:
        """Post a body."""
        given = {"authorization": f"Bearer {token}", **headers}
        with urllib3.PoolManager() as pool:
            return pool.request("POST", f"{self.address}{path}", body=body, headers=given, retries=False)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it and wait."""
        self.process.send_signal(number)
        code = self.process.wait(30)
        assert self.process.stdout
        self.process.stdout.close()
        return code


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    """Run a collector for one test."""
    running = Collector(tmp_path)
    yield running
    if running.process.poll() is None:
        running.stop()


def stored(ledger: Path) -> list[dict[str, object]]:
    """Return all documents of a ledger."""
    reader = LedgerReader(ledger)
    return [reader.document(entry) for _, entry in reader.entries()]


def test_a_step_is_in_the_checkpoint_before_its_statement_is_made(collector: Collector) -> None:
    """Whoever reads of it then finds it there; what nobody judges by the ledger waits for no checkpoint."""
    standing = Standing(version())
    for number in range(3):
        record_event(collector.ledger, "promote", standing, "manager", to="production", ground=f"sha256:{number:064}")

        assert LedgerReader(collector.ledger).checkpoint.size == number + 1


def test_entries_from_every_source_are_in_the_verified_ledger(collector: Collector) -> None:
    """JSON, JSON lines, gzipped OPA batches, Kubernetes events; a clean stop publishes all of it."""
    event = {
        "stage": "ResponseComplete",
        "verb": "create",
        "user": {"username": "alice"},
        "objectRef": {"resource": "pods", "name": "p"},
    }
    decisions = gzip.compress(
        json.dumps([{"decision_id": "d", "path": "main/check", "input": {"token": "x"}}]).encode()
    )

    assert collector.post("/v1/entries", b'{"kind":"drill"}').json() == {"first": 0, "count": 1}
    assert collector.post("/v1/entries", b'{"kind":"plan"}\n{"kind":"alert"}\n').json() == {"first": 1, "count": 2}
    assert collector.post("/v1/opa/logs", decisions, **{"content-encoding": "gzip"}).json() == {"first": 3, "count": 1}
    events = json.dumps({"kind": "EventList", "items": [event, {"stage": "RequestReceived"}]}).encode()
    assert collector.post("/v1/kubernetes/aks-one", events).json() == {"first": 4, "count": 1}
    assert append([Entry("approval", "s", 1)], collector.address, TOKEN) == range(5, 6)
    assert collector.stop() == 0
    found = stored(collector.ledger)
    assert [one["kind"] for one in found] == ["drill", "plan", "alert", "decision", "kubernetes", "approval"]
    assert found[3]["data"] == {"decision_id": "d", "path": "main/check", "input": {"token": "***"}}
    assert verify(collector.ledger).is_well


def test_what_went_past_the_gates_is_counted_for_prometheus(collector: Collector) -> None:
    """Each alarm is there from the beginning, at nothing: of a counter that comes into being no increase is seen."""

    def alarms() -> list[str]:
        with urllib3.PoolManager() as pool:
            given = {"authorization": f"Bearer {TOKEN}"}
            told = pool.request("GET", f"{collector.address}/metrics", headers=given, retries=False)
        return [line for line in told.data.decode().splitlines() if line.startswith("headgate_ledger_alerts_total{")]

    before = alarms()
    alert = json.dumps(
        {"kind": "alert", "subject": "fraud-prod", "data": {"alert": "update-without-decision"}}
    ).encode()
    assert collector.post("/v1/entries", alert + b'\n{"kind":"alert"}\n').status == 200

    names = [
        f'headgate_ledger_alerts_total{{alarm="{name}"}}'
        for name in ("update-without-decision", "not-as-approved", "admission-changed")
    ]
    assert before == [f"{name} 0" for name in names]
    assert alarms() == [f"{names[0]} 1", f"{names[1]} 0", f"{names[2]} 0"]


def test_what_can_t_be_masked_is_kept_without_its_payload(collector: Collector) -> None:
    """The rest of the batch too; the collector goes on, tells Prometheus, and an alarm is in the ledger."""
    deep = '{"n":' * 400 + '"secret"' + "}" * 400
    unmasked = {"request": {"uid": "u", "object": {"kind": "Secret", "data": {"k": "c2VjcmV0"}}}}
    batch = [{"decision_id": "a", "path": "p", "input": 1}, {"decision_id": "b", "path": "p", "input": unmasked}]

    assert collector.post("/v1/entries", f'{{"kind":"plan","data":{deep}}}'.encode()).json() == {"first": 0, "count": 1}
    assert collector.post("/v1/opa", json.dumps(batch).encode()).json() == {"first": 2, "count": 2}
    with urllib3.PoolManager() as pool:
        given = {"authorization": f"Bearer {TOKEN}"}
        told = pool.request("GET", f"{collector.address}/metrics", headers=given, retries=False).data.decode()
    assert collector.stop() == 0
    found = stored(collector.ledger)

    assert "headgate_ledger_withheld_total 2\n" in told
    assert [one["kind"] for one in found] == ["plan", "alert", "decision", "admission", "alert"]
    assert [isinstance(one["data"], dict) and one["data"].get("payload") for one in found] == [
        "withheld", None, None, "withheld", None,
    ]  # fmt: skip
    assert "c2VjcmV0" not in str(found)
    assert verify(collector.ledger).is_well


REFUSALS = [
    ("/v1/entries", b"{}", "wrong", 401),
    ("/v1/entries", b'{"kind":"plan"}\n{"kind":', TOKEN, 400),
    ("/v1/entries", b"", TOKEN, 400),
    ("/v1/opa", b"{}", TOKEN, 400),
    ("/v1/kubernetes/c", b"[]", TOKEN, 400),
    ("/v1/entries", b'"' + b"x" * (17 * 1024 * 1024) + b'"', TOKEN, 413),
    ("/v1/other", b"{}", TOKEN, 404),
]


def test_refusals_have_their_status_and_keep_nothing(collector: Collector) -> None:
    """A wrong token, a broken line, an empty body, another form, a body over the limit, a path that is none."""
    answers = [(path, body[:9], collector.post(path, body, token).status) for path, body, token, _ in REFUSALS]

    assert answers == [(path, body[:9], status) for path, body, _, status in REFUSALS]
    assert collector.stop() == 0
    assert stored(collector.ledger) == []


def test_a_gate_finds_the_collector_through_the_ledger(collector: Collector) -> None:
    """`record` sends to whoever holds the ledger, and writes itself when nobody does."""
    assert record(collector.ledger, [Entry("decision", "one", 1)]) == range(1)
    assert collector.stop() == 0
    assert collector_of(collector.ledger) is None
    assert record(collector.ledger, [Entry("decision", "two", 2)]) == range(1, 2)
    assert [one["subject"] for one in stored(collector.ledger)] == ["one", "two"]


def test_an_unreachable_collector_closes_the_gate() -> None:
    """No answer is an error that says so, not a lost entry."""
    with pytest.raises(HeadgateError, match="can't be reached"):
        append([Entry("decision", "s", 1)], "http://127.0.0.1:9", TOKEN)


@pytest.mark.parametrize("round_number", range(5))
def test_kill_9_under_load_loses_nothing_acknowledged(tmp_path: Path, round_number: int) -> None:
    """Four clients append until the process is killed: all that was answered is there, and verifies."""
    collector = Collector(tmp_path)
    acknowledged: list[str] = []
    enough = threading.Event()

    def load(client: int) -> None:
        number = 0
        while True:
            names = [f"{client}-{number}-{part}" for part in range(3)]
            try:
                append([Entry("record", name, "x" * 500) for name in names], collector.address, TOKEN)
            except HeadgateError:
                return
            acknowledged.extend(names)
            number += 1
            if number > 20 * (round_number + 1):
                enough.set()

    threads = [threading.Thread(target=load, args=(client,)) for client in range(4)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    collector.stop(signal.SIGKILL)
    for thread in threads:
        thread.join()
    crashed = verify(collector.ledger)
    again = Collector(tmp_path)
    assert again.stop() == 0
    kept = [str(one["subject"]) for one in stored(collector.ledger)]

    assert crashed.findings == []
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept))
    assert verify(collector.ledger).is_well


def test_kill_9_of_the_command_leaves_a_ledger_that_goes_on(tmp_path: Path) -> None:
    """`headgate audit append`, killed as soon as anything is durable, leaves whole commits in file order."""
    lines = tmp_path / "f.jsonl"
    lines.write_text(
        "".join(f'{{"kind":"record","subject":"{number}","data":"{"x" * 200}"}}\n' for number in range(20_000))
    )
    ledger = tmp_path / "l"
    command = [
        sys.executable,
        "-m",
        "headgate.cli.main",
        "audit",
        "append",
        "--ledger",
        str(ledger),
        "--file",
        str(lines),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        pending = ledger / "pending"
        while process.poll() is None and not (pending.exists() and pending.stat().st_size):
            time.sleep(0.001)
        process.kill()
    assert verify(ledger).findings == []
    record(ledger, [Entry("record", "after", 1)])
    subjects = [one["subject"] for one in stored(ledger)]

    assert subjects == [str(number) for number in range(len(subjects) - 1)] + ["after"]
    assert verify(ledger).is_well


def test_positions_that_cant_be_read_end_it_and_are_named(tmp_path: Path) -> None:
    """A log that nobody follows would be missed by nobody."""
    collector = Collector(tmp_path)
    assert collector.stop() == 0
    logs, positions = tmp_path / "logs", position_file(collector.ledger, "audit-log:west")
    (logs / "west").mkdir(parents=True)
    (logs / "west" / "audit.log").write_text("{}\n")
    positions.parent.mkdir(exist_ok=True)
    positions.write_text("{}")
    command = [sys.executable, "-m", "headgate.audit.collector", "--ledger", str(collector.ledger)]
    options = ["--token-file", str(tmp_path / "token"), "--audit-logs", str(logs)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert "the positions can't be read" in done.stderr
    assert str(positions) in done.stderr
    assert verify(collector.ledger).is_well
