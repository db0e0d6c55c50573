"""What the gates and commands record and ask, in a ledger in Blob Storage as in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.audit import Entry, record, verify
from headgate.audit.blob_ledger import open_ledger, verify_blobs
from headgate.audit.blob_reader import copy_of
from headgate.audit.blobs import Blobs, TakenError
from headgate.audit.folder import KEY_VARIABLE
from headgate.audit.lock import WriterLock
from headgate.audit.place import is_begun, place_of, published, read, require_writable
from headgate.audit.record import collector_holding
from headgate.drill import ledger as drills
from headgate.errors import HeadgateError
from headgate.gate.history import history
from headgate.gate.ungated import ATTEMPT, STATE, Knowledge, state_digest, ungated
from headgate.model.proofs import ledger as recorded
from headgate.release.proof import Deployments
from tests.unit.audit.conftest import PLACE, Container
from tests.unit.audit.test_blob_ledger import documents

pytestmark = pytest.mark.unit
LEDGER = Path(PLACE)
DIGEST = f"sha256:{'d' * 64}"
EVENT = Entry("model", "fraud/score@1.0.0", {"action": "push", "digest": DIGEST, "by": "omar"})


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, into which nothing is written."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def test_what_is_recorded_is_in_the_blobs_and_in_no_folder(container: Container, nowhere: Path) -> None:
    """The first entry begins the ledger; each call leaves a checkpoint that covers it."""
    assert not is_begun(LEDGER)
    assert [record(LEDGER, [EVENT]), record(LEDGER, [EVENT, EVENT])] == [range(1), range(1, 3)]

    found = verify_blobs(PLACE, verify)
    assert (found.is_well, found.size, found.pending) == (True, 3, 0)
    assert (is_begun(LEDGER), published(LEDGER, 3).size, list(nowhere.iterdir())) == (True, 3, [])


def test_who_was_slower_appends_behind_the_other(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    """The place behind the last entry was taken meanwhile: tried anew, and given up in the end."""
    claim, others = Blobs.claim, iter((7, 8))

    def slow(blobs: Blobs, name: str, content: bytes, writer: str) -> None:
        if (number := next(others, None)) is not None:
            with monkeypatch.context() as undone, open_ledger(PLACE) as other:
                undone.setattr(Blobs, "claim", claim)
                other.append_documents(documents(number, 1))
        claim(blobs, name, content, writer)

    with open_ledger(PLACE, "example.com/blobs"):
        pass
    monkeypatch.setattr(Blobs, "claim", slow)
    assert record(LEDGER, [EVENT]) == range(2, 3)
    others = iter((9,))
    with pytest.raises(TakenError):
        record(LEDGER, [EVENT], wait=0)
    assert verify_blobs(PLACE, verify).size == 4


def test_what_somebody_else_published_first_is_recorded_once(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Acknowledged before that, it stays; a second time would be twice."""
    replace, others = Blobs.replace, iter((1,))

    def slow(blobs: Blobs, name: str, content: bytes, known: str | None) -> str:
        if name == "checkpoint" and next(others, None):
            with open_ledger(PLACE):
                pass
        return replace(blobs, name, content, known)

    with open_ledger(PLACE, "example.com/blobs"):
        pass
    monkeypatch.setattr(Blobs, "replace", slow)
    assert record(LEDGER, [EVENT]) == range(1)

    found = verify_blobs(PLACE, verify)
    assert (found.is_well, found.size, found.pending) == (True, 1, 0)


def test_a_server_on_this_machine_is_found_by_whoever_records(container: Container) -> None:
    """For as long as it is one: a killed one is not asked; and no second begins beside it."""
    place = place_of(LEDGER)
    place.folder.mkdir(parents=True)
    (place.folder / "collector.json").write_text(json.dumps({"address": "http://127.0.0.1:1", "token_file": "/none"}))
    assert collector_holding(LEDGER) is None
    with place.served():
        found = collector_holding(LEDGER)
        with pytest.raises(HeadgateError, match="another process is writing"), place_of(LEDGER).served():
            pass
    assert (found and found.address, collector_holding(LEDGER)) == ("http://127.0.0.1:1", None)


def test_a_copy_that_is_fetched_anew_leaves_the_server_where_it_is(container: Container) -> None:
    """Its token and where it listens are in the same folder."""
    folder = copy_of(str(LEDGER))
    (folder / "tile").mkdir(parents=True)
    WriterLock(folder / "lock").release()
    for name in ("token", "collector.json", "checkpoint"):
        (folder / name).write_text(name)
    with pytest.raises(HeadgateError, match="there is no ledger here"):
        read(LEDGER)

    assert sorted(each.name for each in folder.iterdir()) == ["collector.json", "lock", "token"]


def test_the_gates_ask_it_what_was_before(container: Container, tmp_path: Path) -> None:
    """Deployments, drills, states and model events: of a ledger that has not begun nothing, then what it has."""
    file = tmp_path / "state.json"
    file.write_text('{"checkpoint": {"latest": {}}}')
    knowledge, deployments = Knowledge(LEDGER), Deployments(LEDGER)
    knowledge.update()
    before: list[Any] = [history(LEDGER, ["a"]), ungated(LEDGER, "a", file), dict(deployments.stacks())]
    assert (before, knowledge.stacks) == ([{"stacks": {}}, None, {}], {})

    told = {"digests": [DIGEST], "versions": {"fraud/score": "1.0.0"}, STATE: state_digest(file)}
    record(LEDGER, [Entry("deployment", "a", told, time="2026-03-02T12:00:00Z"), EVENT])
    record(LEDGER, [Entry(ATTEMPT, "a", {STATE: "sha256:another"}), Entry("model", "x", {**EVENT.data, "action": "?"})])
    knowledge.update()
    assert history(LEDGER, ["a"])["stacks"]["a"]["versions"] == {"fraud/score": "1.0.0"}
    changed = ungated(LEDGER, "a", file)
    assert (changed and changed.known, knowledge.stacks["a"].state) == ("sha256:another", "sha256:another")
    assert deployments.stacks()[DIGEST] == {"a"}
    assert (recorded.pushers(DIGEST, LEDGER), recorded.last_recorded(DIGEST, LEDGER)) == (frozenset({"omar"}), None)


def test_a_drill_is_recorded_there(container: Container) -> None:
    """It began, nothing was lost, it succeeded."""
    begun = drills.begin(LEDGER, "a", {"region": "x"})
    assert begun.lost() == (0, "")
    drills.end(LEDGER, "a", True, {})

    assert list(history(LEDGER, ["a"])["stacks"]["a"]) == ["drilled"]


def test_what_cannot_be_written_later_is_refused_before(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    """An update whose end can't be recorded does not begin; a folder, and an address with its key, may be written."""
    require_writable(LEDGER)
    require_writable(Path("/nowhere"))
    monkeypatch.delenv(KEY_VARIABLE)

    with pytest.raises(HeadgateError, match="has its signing key elsewhere"):
        require_writable(LEDGER)


@pytest.mark.parametrize("address", ["s3://bucket/ledger", "https://a.example/ledger", "file:///ledger"])
def test_an_address_of_another_kind_is_no_folder(address: str, nowhere: Path) -> None:
    """What nobody can keep a ledger at must not become a folder of that name, which nobody looks at."""
    with pytest.raises(HeadgateError, match="no ledger is kept there") as refused:
        record(Path(address), [EVENT])

    assert (refused.value.expected, list(nowhere.iterdir())) == ("a folder, or azblob://ACCOUNT/CONTAINER[/PREFIX]", [])
