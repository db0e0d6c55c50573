"""What a collector lets clients read, and what it does when it can't write: each answer holds without trusting it."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from headgate.audit import Entry, Ledger, LedgerReader, verify
from headgate.audit.client import UnreachableError, append
from headgate.audit.folder import Folder
from headgate.audit.place import published
from headgate.audit.remote import RemoteLedger
from headgate.errors import HeadgateError
from tests.component.audit.test_collector import TOKEN, Collector, stored

pytestmark = pytest.mark.component
READ_TOKEN = "fedcba9876543210fedcba9876543210"


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """Run a collector with a token that may only read, and 600 entries under a checkpoint."""
    folder = tmp_path_factory.mktemp("reading")
    (folder / "read-token").write_text(READ_TOKEN)
    running = Collector(folder, "--read-token-file", str(folder / "read-token"), scheme="http")
    shutil.copy(running.ledger / "checkpoint", folder / "empty")
    document = {"time": "2026-01-01T00:00:00Z", "actor": "a"}
    append(
        [{**document, "kind": "plan", "subject": f"{number}", "data": number} for number in range(599)]
        + [{**document, "kind": "drill", "subject": "fraud-prod", "data": {"model": "score", "version": "3.2.1"}}],
        running.address,
        TOKEN,
    )
    published(running.ledger, 600)
    yield running
    running.stop()


@pytest.fixture
def remote(collector: Collector) -> RemoteLedger:
    """Read it with the key that is known, and the token that may only read."""
    return RemoteLedger(collector.address, READ_TOKEN, Folder(collector.ledger).verifier())


def test_entries_and_proofs_hold_by_the_key_alone(collector: Collector, remote: RemoteLedger) -> None:
    """The tree head, an entry with its proof, a search, and growth from an earlier checkpoint."""
    empty = (collector.ledger.parent / "empty").read_text()

    assert remote.checkpoint().size == 600
    assert remote.entry(511)["data"] == 511
    assert [one["index"] for one in remote.search(model="score@3.2.1")] == [599]
    assert [one["index"] for one in remote.search(kind="plan", order="newest", limit="2")] == [598, 597]
    assert remote.grew_from(empty).size == 600


def test_anyones_client_reads_the_log(collector: Collector) -> None:
    """Checkpoint, tiles and bundles under the paths of the specification, byte for byte."""
    headers = {"authorization": f"Bearer {READ_TOKEN}"}
    paths = ["checkpoint", "tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001", "key.pub"]
    with urllib3.PoolManager() as pool:
        found = {path: pool.request("GET", f"{collector.address}/{path}", headers=headers).data for path in paths}
        absent = [
            pool.request("GET", f"{collector.address}/{path}", headers=headers).status
            for path in ("tile/0/003", "tile/0/../../key", "tile/x", "v1/entries/600", "v1/proofs/600", "key")
        ]

    assert found == {path: (collector.ledger / path).read_bytes() for path in paths}
    assert absent == [404] * 6


def test_who_may_only_read_can_not_write_and_who_has_no_token_can_not_read(
    collector: Collector, remote: RemoteLedger
) -> None:
    """403 and 401, and nothing is kept."""
    with pytest.raises(HeadgateError, match="refused") as raised:
        append([Entry("drill", "s", 1)], collector.address, READ_TOKEN)
    with pytest.raises(HeadgateError, match="does not answer") as unread:
        RemoteLedger(collector.address, "wrong", remote.verifier).checkpoint()

    assert "403" in str(raised.value.found)
    assert "401" in str(unread.value.found)
    assert remote.checkpoint().size == 600


def test_a_collector_of_another_key_is_not_believed(collector: Collector, tmp_path: Path) -> None:
    """What it answers was not signed by the ledger that was meant."""
    with Ledger(tmp_path / "other"):
        pass
    other = RemoteLedger(collector.address, READ_TOKEN, LedgerReader(tmp_path / "other").verifier)

    for ask in (other.checkpoint, lambda: other.entry(1)):
        with pytest.raises(HeadgateError, match="does not hold"):
            ask()


def test_a_full_disk_refuses_and_the_collector_recovers(tmp_path: Path) -> None:
    """While the disk takes nothing, clients are told to try again; then the process goes on, and nothing is lost."""
    running = Collector(tmp_path)
    append([Entry("record", "before", 1)], running.address, TOKEN)
    soft, hard = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
    try:
        with pytest.raises(UnreachableError):
            append([Entry("record", "refused", "x" * 500)], running.address, TOKEN)
    finally:
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
        append([Entry("record", "after", 1)], running.address, TOKEN)
        assert running.stop() == 0
    assert [one["subject"] for one in stored(running.ledger)] == ["before", "after"]
    assert verify(running.ledger).is_well


@pytest.mark.parametrize("room", [1, 64], ids=["not even for who writes it", "for a few bytes"])
def test_a_disk_that_stays_full_costs_the_collector_nothing(tmp_path: Path, room: int) -> None:
    """However often it is asked meanwhile: no file stays open, and once there is room again it takes entries."""
    running = Collector(tmp_path)
    append([Entry("record", "before", 1)], running.address, TOKEN)
    opened = Path(f"/proc/{running.process.pid}/fd")
    soft, hard = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    counts = []
    for number in range(2):
        with pytest.raises(UnreachableError):
            append([Entry("record", f"refused {number}", "x" * 500)], running.address, TOKEN)
        counts.append(len(list(opened.iterdir())))
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
    append([Entry("record", "after", 1)], running.address, TOKEN)

    assert running.stop() == 0
    # Each is four tries, of which none may leave something behind.
    assert counts[1] - counts[0] < 4, counts
    assert [one["subject"] for one in stored(running.ledger)] == ["before", "after"]
    assert verify(running.ledger).is_well
