"""A ledger in Blob Storage, on a storage in memory that keeps the conditions of the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headgate.audit import verify
from headgate.audit.address import address_of
from headgate.audit.blob_ledger import open_ledger, verify_blobs
from headgate.audit.blobs import TakenError
from headgate.errors import HeadgateError
from tests.unit.audit.conftest import PLACE, Container

pytestmark = pytest.mark.unit

BATCHES = ((0, 2), (2, 260), (262, 1))


def documents(first: int, count: int) -> list[dict[str, Any]]:
    """Return entries."""
    return [{"kind": "test", "subject": str(first + each), "data": {"n": each}} for each in range(count)]


def test_what_is_appended_verifies_and_every_commit_stays(container: Container) -> None:
    """Three openings: one history, a checkpoint for each, and the key nowhere."""
    for first, count in BATCHES:
        with open_ledger(PLACE, "example.com/blobs") as ledger:
            assert ledger.append_documents(documents(first, count)) == range(first, first + count)

    found = verify_blobs(PLACE, verify)
    assert (found.is_well, found.size, found.where) == (True, 263, PLACE)
    commits = [name for name in container.blobs if "/commits/" in name]
    assert commits == [f"prod/commits/{first:020d}" for first, _ in BATCHES]
    assert not any(b"PRIVATE" in content for content, _, _ in container.blobs.values())


def test_a_payload_that_is_kept_apart_is_there_before_its_entry(container: Container) -> None:
    """Its blob is written first, so that no acknowledged entry lacks it."""
    with open_ledger(PLACE, "example.com/blobs") as ledger:
        ledger.append_documents([{"kind": "test", "subject": "x", "data": {"text": "x" * 100_000}}])

    names = list(container.blobs)
    assert [name.split("/")[1] for name in names if "/blob/" in name or "/commits/" in name] == ["blob", "commits"]
    assert verify_blobs(PLACE, verify).payloads == 1


def test_a_commit_of_somebody_else_is_no_success_and_an_answer_that_was_lost_is(container: Container) -> None:
    """The same frame by another writer was acknowledged to that one; one's own is known by the writer's name."""
    container.lost.add(f"prod/commits/{0:020d}")
    with open_ledger(PLACE, "example.com/blobs") as first:
        assert first.append_documents(documents(0, 1)) == range(1)
    with open_ledger(PLACE) as first, open_ledger(PLACE) as second:
        entry = [first.encode(documents(1, 1)[0])]
        first.append(entry)
        with pytest.raises(TakenError):
            second.append(entry)

    assert verify_blobs(PLACE, verify).size == 2


def test_who_publishes_second_is_told_and_nothing_that_was_acknowledged_is_lost(container: Container) -> None:
    """A writer that opens meanwhile publishes what waits; the checkpoint is replaced only as it was read."""
    with open_ledger(PLACE, "example.com/blobs"):
        pass
    with open_ledger(PLACE) as first:
        first.append_documents(documents(0, 3))
        with open_ledger(PLACE) as second:
            assert second.size == 3
        with pytest.raises(HeadgateError, match="somebody else has published"):
            first.publish()

    found = verify_blobs(PLACE, verify)
    assert (found.is_well, found.size, found.pending) == (True, 3, 0)


def test_a_tile_that_holds_something_else_stops_the_writer(container: Container) -> None:
    """What follows from the commits is what has to be there."""
    with open_ledger(PLACE, "example.com/blobs"):
        pass
    container.blobs["prod/tile/0/000.p/1"] = (b"other", "x", {})

    with pytest.raises(TakenError), open_ledger(PLACE) as ledger:
        ledger.append_documents(documents(0, 1))


def test_a_name_that_leads_out_of_the_copy_is_refused(container: Container) -> None:
    """Whoever may write blobs must not write files."""
    container.blobs["prod/../../x"] = (b"x", "x", {})

    with pytest.raises(HeadgateError, match="a name that no ledger has"):
        verify_blobs(PLACE, verify)


def test_an_address_is_told_from_a_folder() -> None:
    """Also as it is left by a path, with one slash."""
    assert [address_of(Path(text)) for text in (PLACE, "azblob", "/var/azblob:/x")] == [
        "azblob:/account/container/prod",
        None,
        None,
    ]
