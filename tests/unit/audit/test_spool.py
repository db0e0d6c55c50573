"""The spool: what waits is masked, in order and bounded, and a full one closes the gate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headgate.audit import Entry, Ledger, LedgerReader, record
from headgate.audit import client as collector_client
from headgate.audit.client import UnreachableError
from headgate.audit.record import COLLECTOR
from headgate.audit.spool import Spool, configured_spool
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit


def entry(subject: str, data: object = 1) -> Entry:
    """Return an entry of one moment."""
    return Entry("drill", subject, data, actor="a", time="2026-01-01T00:00:00Z")


class Collector:
    """Stands for a collector: keeps what it is sent, or does not answer."""

    def __init__(self) -> None:
        """Answer."""
        self.answers = True
        self.kept: list[str] = []

    def send(self, body: bytes, *_: object, **__: object) -> range:
        """Take a request."""
        if not self.answers:
            raise UnreachableError("it does not answer")
        first = len(self.kept)
        self.kept += [json.loads(line)["subject"] for line in body.splitlines()]
        return range(first, len(self.kept))


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Collector:
    """Put a collector in place of the real one's client."""
    found = Collector()
    monkeypatch.setattr(collector_client, "send", found.send)
    return found


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """Return a ledger that somebody holds who left a collector's address."""
    root = tmp_path / "l"
    (tmp_path / "token").write_text("t" * 32)
    with Ledger(root):
        pass
    (root / COLLECTOR).write_text(json.dumps({"address": "http://127.0.0.1:9", "token_file": str(tmp_path / "token")}))
    return root


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spool:
    """Give this shell a spool."""
    monkeypatch.setenv("HEADGATE_LEDGER_SPOOL", str(tmp_path / "spool"))
    found = configured_spool()
    assert found
    return found


def test_without_a_spool_a_gate_closes_at_once(held: Path, collector: Collector) -> None:
    """An entry that nobody took is an error."""
    collector.answers = False

    with Ledger(held), pytest.raises(UnreachableError):
        record(held, [entry("one")])


def test_what_waited_is_sent_before_anything_new(held: Path, collector: Collector, spool: Spool) -> None:
    """The order of the entries is the order in which they were recorded."""
    with Ledger(held):
        collector.answers = False
        waited = [record(held, [entry("one"), entry("two")]), record(held, [entry("three")])]
        collector.answers = True
        sent = record(held, [entry("four")])

    assert (waited, sent) == ([range(0), range(0)], range(3, 4))
    assert collector.kept == ["one", "two", "three", "four"]
    assert spool.waiting() == []


def test_what_waited_is_appended_by_the_next_writer(held: Path, collector: Collector, spool: Spool) -> None:
    """Where no collector holds the ledger any more, who records appends what waits first."""
    with Ledger(held):
        collector.answers = False
        record(held, [entry("one")])
    record(held, [entry("two")])
    reader = LedgerReader(held)

    assert [reader.document(one)["subject"] for _, one in reader.entries()] == ["one", "two"]
    assert spool.waiting() == []


def test_a_full_spool_closes_the_gate(
    held: Path, collector: Collector, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fits waits; what does not is refused whole, with what to do."""
    collector.answers = False
    monkeypatch.setenv("HEADGATE_LEDGER_SPOOL_BYTES", "200")
    with Ledger(held):
        record(held, [entry("one")])
        with pytest.raises(HeadgateError, match="the spool is full") as raised:
            record(held, [entry("two", "x" * 100)])

    assert "headgate audit drain" in str(raised.value.fix)
    assert len(spool.waiting()) == 1


def test_secrets_do_not_wait_in_clear(held: Path, collector: Collector, spool: Spool) -> None:
    """Masked before they are written, and for their owner alone."""
    collector.answers = False
    with Ledger(held):
        record(held, [entry("one", {"password": "hunter2"})])
    (path,) = spool.waiting()

    assert json.loads(path.read_text())["data"] == {"password": "***"}
    assert path.stat().st_mode & 0o077 == 0


def test_what_is_refused_for_its_form_does_not_wait(held: Path, collector: Collector, spool: Spool) -> None:
    """It would be refused for ever, and everything behind it would wait."""
    collector.answers = False
    with Ledger(held), pytest.raises(ValueError, match="together exceed"):
        record(held, [entry("s" * 40_000, "x" * 40_000)])

    assert spool.waiting() == []


def test_a_limit_that_is_no_number_is_refused(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than taken for none."""
    monkeypatch.setenv("HEADGATE_LEDGER_SPOOL_BYTES", "much")

    with pytest.raises(HeadgateError, match="the spool's limit"):
        configured_spool()
