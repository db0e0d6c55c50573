"""An API server's audit log, renamed and deleted as the API server does: everything is read once, or its loss told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.audit import LedgerReader
from headgate.audit.collector import audit_log
from headgate.audit.collector.audit_log import AuditLog
from headgate.audit.collector.committer import Committer
from headgate.audit.collector.positions import Positions
from headgate.audit.collector.tail import LOST, Tail
from headgate.audit.place import FolderPlace
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit


class Log:
    """What an API server writes, and how it renames: by number here, by time there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._full = folder, 0
        folder.mkdir(parents=True)

    def write(self, *names: str, user: str = "alice") -> None:
        """Append finished writes to deployments of these names."""
        for name in names:
            self.line(json.dumps(event(name, user)))

    def line(self, text: str) -> None:
        """Append a line."""
        with (self.folder / "audit.log").open("a") as file:
            file.write(f"{text}\n")

    def rename(self) -> None:
        """Begin a new file."""
        self._full += 1
        (self.folder / "audit.log").rename(self.folder / f"audit-2026-01-31T12-00-0{self._full}.000.log")

    def forget(self) -> None:
        """Delete the full files."""
        for path in self.folder.glob("audit-*.log"):
            path.unlink()


def event(name: str, user: str) -> dict[str, Any]:
    """Return a finished write."""
    return {
        "kind": "Event",
        "auditID": name,
        "stage": "ResponseComplete",
        "verb": "create",
        "user": {"username": user},
        "objectRef": {"resource": "deployments", "namespace": "fraud", "name": name},
        "responseStatus": {"code": 201},
        "requestReceivedTimestamp": "2026-01-31T12:00:00.000000Z",
    }


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Return an API server's log."""
    return Log(tmp_path / "logs" / "west")


@pytest.fixture
def read(log: Log, tmp_path: Path) -> Iterator[Any]:
    """Return who reads on, each time as a process that begins anew."""
    opened: list[Positions] = []

    def all_that_is_there() -> list[str]:
        for before in opened:
            before.release()
        opened[:] = [Positions(tmp_path / "sources" / "one.json", "one")]
        reading, found = AuditLog(log.folder, opened[0]), []
        while batch := reading.next():
            found += ["LOST"] * batch.is_gap + [json.loads(line)["auditID"] for line in batch.lines]
            reading.passed(batch, is_durable=True)
        return found

    yield all_that_is_there
    opened[0].release()


def test_what_was_written_while_nobody_read_is_read_in_order_over_several_files(log: Log, read: Any) -> None:
    """From the first line, from where it was left, over files that were renamed meanwhile."""
    log.write("a", "b")
    first = read()
    log.write("c")
    log.rename()
    log.write("d")
    log.rename()
    log.write("e")

    assert (first, read(), read()) == (["a", "b"], ["c", "d", "e"], [])


def test_a_line_that_is_being_written_is_read_when_it_is_whole(log: Log, read: Any) -> None:
    """And where its writer died over it, once another file follows: as the line that it is."""
    log.write("a")
    with (log.folder / "audit.log").open("a") as file:
        file.write('{"auditID": "half')
    first = read()
    with (log.folder / "audit.log").open("a") as file:
        file.write('"}\n{"auditID": "torn"}')
    second = read()
    log.rename()
    log.write("b")

    assert (first, second, read()) == (["a"], ["half"], ["torn", "b"])


def test_what_was_deleted_before_it_was_read_is_told(log: Log, read: Any) -> None:
    """Once, and before what came behind it."""
    log.write("a")
    read()
    log.write("lost")
    log.rename()
    log.write("b")
    log.forget()

    assert (read(), read()) == (["LOST", "b"], [])


def test_a_file_that_was_read_and_then_deleted_is_no_loss(log: Log, read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as who reads had come to the next one. Long lines are read whole, whatever is read at once."""
    monkeypatch.setattr(audit_log, "_CHUNK", 64)
    log.write("a", "x" * 1000)
    log.rename()
    log.write("b")
    first = read()
    log.forget()
    log.write("c")

    assert (first, read()) == (["a", "x" * 1000, "b"], ["c"])


def followed(folder: Path, until: int, change: Any = lambda _tail: None) -> tuple[list[tuple[str, str]], str]:
    """Run a collector's tail until the ledger has so many entries; return what they name, and the measurements."""

    async def run() -> str:
        committer = Committer(FolderPlace(folder / "ledger"))
        tail = Tail(folder / "logs", committer)
        change(committer)
        work = [asyncio.create_task(one.run()) for one in (committer, tail)]
        async with asyncio.timeout(30):
            while committer.size < until:
                assert not any(one.done() for one in work), work
                await asyncio.sleep(0.01)
            while 'waiting_bytes{cluster="west"} 0' not in tail.metrics():
                await asyncio.sleep(0.01)
        for one in reversed(work):
            one.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        tail.close()
        committer.close()
        return tail.metrics()

    told = asyncio.run(run())
    reader = LedgerReader(folder / "ledger")
    documents = [reader.document(entry) for _, entry in reader.entries()]
    return [(each["kind"], str(each["data"].get("audit_id", each["data"].get("alert")))) for each in documents], told


def test_a_collector_that_begins_anew_goes_on_and_takes_nothing_twice(log: Log, tmp_path: Path) -> None:
    """What does not concern policy is passed; what no JSON reader takes is kept as that."""
    log.write("a", "b")
    log.write("noise", user="system:kube-scheduler")
    first, _ = followed(tmp_path, 2)
    log.line("no json")
    log.rename()
    log.write("c")
    second, told = followed(tmp_path, 5)

    assert first == [("kubernetes", "a"), ("kubernetes", "b")]
    assert second == [*first, ("kubernetes", "None"), ("alert", "payload-withheld"), ("kubernetes", "c")]
    assert 'headgate_ledger_source_lost_seconds{cluster="west"} 0.0' in told


def test_a_loss_is_an_entry_and_a_measurement(log: Log, tmp_path: Path) -> None:
    """An auditor sees where the gap is; who is on call is told when it was found."""
    log.write("a")
    followed(tmp_path, 1)
    log.rename()
    log.forget()
    log.write("b")
    found, told = followed(tmp_path, 3)

    assert found == [("kubernetes", "a"), ("alert", LOST), ("kubernetes", "b")]
    assert 'headgate_ledger_source_lost_seconds{cluster="west"} 0.0' not in told


def test_what_the_ledger_does_not_take_now_is_taken_later(log: Log, tmp_path: Path) -> None:
    """A disk that refuses, or a queue that is full, loses nothing; the alarms among it are counted once."""
    log.write("a")
    hook = {"resource": "validatingwebhookconfigurations", "name": "headgate-admission"}
    changed = event("b", "mallory") | {"objectRef": hook, "verb": "delete", "responseStatus": {"code": 200}}
    log.line(json.dumps(changed))
    refusals: list[Exception] = [HeadgateError("the disk is full"), asyncio.QueueFull(), OSError("gone")]
    counted: list[Committer] = []

    def refuse_at_first(committer: Committer) -> None:
        submit = committer.submit
        counted.append(committer)

        async def refusing(documents: Any, size: int) -> range:
            if refusals:
                raise refusals.pop()
            return await submit(documents, size)

        committer.submit = refusing  # type: ignore[method-assign]

    found, _ = followed(tmp_path, 3, refuse_at_first)

    assert found == [("kubernetes", "a"), ("kubernetes", "b"), ("alert", "admission-changed")]
    assert counted[0].alarms == {**dict.fromkeys(counted[0].alarms, 0), "admission-changed": 1}


def test_an_event_that_no_ledger_can_keep_stops_nothing(log: Log, tmp_path: Path) -> None:
    """That it came is kept, and what is around it whole."""
    log.write("a")
    log.write("b", user="x" * 100_000)
    log.write("c")
    found, _ = followed(tmp_path, 4)

    assert found == [("kubernetes", "a"), ("kubernetes", "b"), ("alert", "payload-withheld"), ("kubernetes", "c")]
