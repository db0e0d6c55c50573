"""A push that was killed: the next one goes on where the registry says, or begins anew."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3

from headgate.model import RegistryError
from headgate.model.blobs import Blobs
from headgate.model.content import BytesContent
from headgate.model.uploads import Uploads

pytestmark = pytest.mark.unit

Reply = Callable[..., urllib3.HTTPResponse]
DATA = BytesContent(b"0123456789")


class Upload:
    """A registry's side: one upload that it knows by its token, until it forgets it."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.received, self.started, self.stored = b"", 0, False
        self.breaks_at, self.status = 8, 200

    def __call__(self, call: Any) -> urllib3.HTTPResponse:
        """Answer one call; what would go beyond a point is refused."""
        if call.method == "HEAD":
            return self._reply(200 if self.stored else 404)
        if call.method == "GET" and self.status != 200:
            return self._reply(self.status)
        if call.method == "POST":
            self.started, self.received = self.started + 1, b""
        if call.method == "PATCH":
            if len(self.received) + len(call.body) > self.breaks_at:
                return self._reply(403)
            self.received += call.body
        self.stored |= call.method == "PUT"
        return self._reply(202, Location="https://reg.example/v2/a/up?t=1", Range=f"0-{max(0, len(self.received) - 1)}")


@pytest.fixture
def killed(scripted: Any, reply: Reply, tmp_path: Path) -> tuple[Upload, Callable[[], Blobs]]:
    """Break a push off after eight of ten bytes, and return the registry and a maker of new clients."""
    upload = Upload(reply)

    def client() -> Blobs:
        return Blobs(scripted(upload), upload_chunk=4, uploads=Uploads("reg.example", tmp_path / "uploads"))

    with pytest.raises(RegistryError):
        client().push("a", DATA)
    upload.breaks_at = 100
    return upload, client


def test_the_next_push_goes_on(killed: tuple[Upload, Callable[[], Blobs]], tmp_path: Path) -> None:
    """From the byte that the registry has, under the token that it gave; then the note is gone."""
    upload, client = killed
    (note,) = (tmp_path / "uploads").iterdir()
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert client().push("a", DATA)

    assert (upload.received, upload.started, upload.stored) == (DATA.data, 1, True)
    assert list((tmp_path / "uploads").iterdir()) == []


@pytest.mark.parametrize("status", [400, 404, 416])
def test_an_upload_that_is_not_known_any_more_begins_anew(
    killed: tuple[Upload, Callable[[], Blobs]], status: int
) -> None:
    """Forgotten, made by a registry that has restarted, or not where its token says."""
    upload, client = killed
    upload.status = status
    assert client().push("a", DATA)

    assert (upload.received, upload.started) == (DATA.data, 2)


@pytest.mark.parametrize("content", ["", "[]", '{"location": 1}', '{"location": "https://elsewhere/v2/"}'])
def test_a_damaged_note_costs_nothing_but_time(
    killed: tuple[Upload, Callable[[], Blobs]], tmp_path: Path, content: str
) -> None:
    """It is as good as none."""
    upload, client = killed
    (note,) = (tmp_path / "uploads").iterdir()
    note.write_text(content)
    assert client().push("a", DATA)

    assert (upload.received, upload.started) == (DATA.data, 2)


def test_notes_are_of_one_registry_repository_and_blob(tmp_path: Path) -> None:
    """Another's is not taken for this one's; a folder that can't be written is done without."""
    uploads = Uploads("reg.example", tmp_path / "uploads")
    uploads.remember("a", DATA.digest, "/v2/a/up")
    found = [Uploads(server, tmp_path / "uploads").recall("a", DATA.digest) for server in ("reg.example", "other")]
    assert [*found, uploads.recall("b", DATA.digest)] == ["/v2/a/up", None, None]

    (tmp_path / "file").write_text("")
    unusable = Uploads("reg.example", tmp_path / "file")
    unusable.remember("a", DATA.digest, "/v2/a/up")
    unusable.forget("a", DATA.digest)
    assert unusable.recall("a", DATA.digest) is None
