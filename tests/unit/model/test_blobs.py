"""Uploads when the registry forgets, miscounts, or its last answer is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from headgate.model import IntegrityError, RegistryError
from headgate.model.blobs import Blobs
from headgate.model.content import BytesContent

pytestmark = pytest.mark.unit

Reply = Callable[..., urllib3.HTTPResponse]
DATA = BytesContent(b"0123456789")


class Upload:
    """A registry's side of one upload; `fail` gives a status instead of taking a chunk or finishing."""

    def __init__(self, reply: Reply, fail: dict[str, list[int]]) -> None:
        self._reply, self._fail = reply, fail
        self.received = b""
        self.stored: bytes | None = None
        self.started = 0

    def __call__(self, call: Any) -> urllib3.HTTPResponse:
        """Answer one call."""
        failing = self._fail.get(call.method) or []
        status = failing.pop(0) if failing else 0
        if call.method == "HEAD":
            return self._reply(200 if self.stored is not None else 404)
        if call.method == "PUT" and status != 500:
            self.stored = self.received
        if status:
            return self._reply(status)
        if call.method == "POST":
            self.started += 1
            self.received = b""
        if call.method == "PATCH":
            self.received += call.body
        return self._reply(202, Location="https://reg.example/v2/a/up", Range=f"0-{max(0, len(self.received) - 1)}")


def push(scripted: Any, upload: Upload) -> bool:
    """Push ten bytes in chunks of four."""
    return Blobs(scripted(upload), upload_chunk=4).push("a", DATA)


@pytest.mark.parametrize(
    ("fail", "started"),
    [
        ({}, 1),
        ({"PATCH": [503]}, 1),
        ({"PATCH": [0, 503, 503]}, 1),
        ({"PATCH": [0, 503], "GET": [404]}, 2),
        ({"PATCH": [0, 416]}, 2),
        ({"PUT": [503]}, 1),
    ],
)
def test_an_upload_comes_through(scripted: Any, reply: Reply, fail: dict[str, list[int]], started: int) -> None:
    """Resumed where it can be, begun anew where the registry forgot or counts otherwise, and done when it is done."""
    upload = Upload(reply, {method: list(statuses) for method, statuses in fail.items()})

    assert push(scripted, upload)
    assert (upload.stored, upload.started) == (DATA.data, started)


@pytest.mark.parametrize("fail", [{"PATCH": [503] * 9}, {"PATCH": [403]}, {"PUT": [500]}])
def test_an_upload_that_does_not_come_through_is_reported(
    scripted: Any, reply: Reply, fail: dict[str, list[int]]
) -> None:
    """After five failures in a row, at a refusal, and when the end is not taken."""
    with pytest.raises(RegistryError):
        push(scripted, Upload(reply, {method: list(statuses) for method, statuses in fail.items()}))


def test_a_registry_that_stores_something_else_is_found_out(scripted: Any, reply: Reply) -> None:
    """What it says that it stored must be what was sent."""

    def lying(call: Any) -> urllib3.HTTPResponse:
        if call.method == "HEAD":
            return reply(404)
        return reply(202, Location="/v2/a/up", Docker_Content_Digest="sha256:" + "0" * 64)

    with pytest.raises(IntegrityError):
        Blobs(scripted(lying)).push("a", DATA)
