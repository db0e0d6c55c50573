"""A ledger in Blob Storage, on a storage in memory that keeps the conditions of the real one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from headgate.audit import blob_ledger, verify
from headgate.audit.blob_ledger import address_of, open_ledger, verify_blobs
from headgate.audit.blobs import Blobs, TakenError
from headgate.audit.folder import KEY_VARIABLE
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit

PLACE = "azblob://account/container/prod"
BATCHES = ((0, 2), (2, 260), (262, 1))


def failed(kind: type[HttpResponseError], status: int, code: str) -> HttpResponseError:
    """Return an error as Azure's client raises it."""
    error = kind(message=code)
    error.status_code, error.error_code = status, code
    return error


@dataclass
class Container:
    """Blobs by name, with what they are known by; `lost` answers get lost behind a write that was done."""

    blobs: dict[str, tuple[bytes, str, dict[str, str]]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    def list_blob_names(self, name_starts_with: str) -> list[str]:
        """List."""
        return [name for name in sorted(self.blobs) if name.startswith(name_starts_with)]

    def download_blob(self, name: str) -> Any:
        """Read."""
        if name not in self.blobs:
            raise failed(ResourceNotFoundError, 404, "BlobNotFound")
        content, etag, _ = self.blobs[name]
        return SimpleNamespace(readall=lambda: content, properties=SimpleNamespace(etag=etag))

    def get_blob_client(self, name: str) -> Any:
        """Return what writes one blob."""

        def upload(content: bytes, overwrite: bool, metadata: Any, etag: str = "", **_: Any) -> dict[str, str]:
            there = self.blobs.get(name)
            if (there is not None) if not overwrite else (there is None or there[1] != etag):
                raise failed(HttpResponseError, 409, "BlobAlreadyExists")
            made = hashlib.sha256(content + name.encode() + str(len(self.blobs)).encode()).hexdigest()
            self.blobs[name] = (content, made, metadata or {})
            if name in self.lost:
                self.lost.discard(name)
                return upload(content, overwrite, metadata, etag)
            return {"etag": made}

        return SimpleNamespace(
            upload_blob=upload, get_blob_properties=lambda: SimpleNamespace(metadata=self.blobs[name][2])
        )


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Container:
    """Have every address lead to one container."""
    found = Container()
    monkeypatch.setenv(KEY_VARIABLE, str(tmp_path / "key"))
    monkeypatch.setattr(blob_ledger.Blobs, "of", lambda address: Blobs(address, "prod/", found))
    return found


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


def test_a_key_is_not_replaced_there(container: Container) -> None:
    """Nothing is left half-way."""
    with open_ledger(PLACE, "example.com/blobs") as ledger, pytest.raises(HeadgateError, match="is not replaced"):
        ledger.rotate()


def test_an_address_is_told_from_a_folder() -> None:
    """Also as it is left by a path, with one slash."""
    assert [address_of(Path(text)) for text in (PLACE, "azblob", "/var/azblob:/x")] == [
        "azblob:/account/container/prod",
        None,
        None,
    ]
