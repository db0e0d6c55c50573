"""Signing with a key in an SSH agent: what is asked, what is believed."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from approving import MOMENT, SUBJECT, approval, approver, signer

from headgate.approval.agent import AgentSigning
from headgate.approval.document import Claims, signed
from headgate.errors import HeadgateError

pytestmark = pytest.mark.unit

AMINA = approver("amina", "security")


def string(content: bytes) -> bytes:
    """Return a string of the protocol."""
    return struct.pack(">I", len(content)) + content


def taken(content: bytes) -> tuple[bytes, bytes]:
    """Return the first string, and the rest."""
    end = 4 + struct.unpack(">I", content[:4])[0]
    return content[4:end], content[end:]


BLOB = string(b"ssh-ed25519") + string(signer("amina").verifier.public)


def true_agent(request: bytes) -> bytes:
    """Answer as an agent does that has Amina's key and another one."""
    if request[0] == 11:
        return bytes([12]) + struct.pack(">I", 2) + string(b"other") + string(b"c") + string(BLOB) + string(b"amina")
    key, rest = taken(request[1:])
    content, _ = taken(rest)
    assert key == BLOB
    return bytes([14]) + string(string(b"ssh-ed25519") + string(signer("amina").key.sign(content)))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Callable[[bytes], bytes]], str]]:
    """Serve an agent on a socket, as long as the test runs."""
    listening = socket.socket(socket.AF_UNIX)

    def begin(answer: Callable[[bytes], bytes]) -> str:
        path = tmp_path / "agent"
        listening.bind(str(path))
        listening.listen()
        threading.Thread(target=loop, args=(answer,), daemon=True).start()
        return str(path)

    def loop(answer: Callable[[bytes], bytes]) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            with client:
                size = struct.unpack(">I", client.recv(4, socket.MSG_WAITALL))[0]
                client.sendall(string(answer(client.recv(size, socket.MSG_WAITALL))))

    yield begin
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def test_a_signature_of_the_agent_is_that_of_the_key(serve: Callable[..., str]) -> None:
    """Ed25519 has one signature for a key and a text: both ways give the same approval."""
    claims = Claims(SUBJECT, "amina", "security", MOMENT, MOMENT, MOMENT + 3600)

    assert signed(claims, AgentSigning.of(AMINA, serve(true_agent))) == approval("amina", "security")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (lambda _: bytes([12]) + struct.pack(">I", 0), "an agent without the key of amina"),
        (lambda _: bytes([5]), "an agent that refuses"),
        (lambda _: bytes([12]) + struct.pack(">I", 1) + b"\x00\x00\x00\x09x", "an answer that is cut off"),
        (lambda _: bytes([12]), "an answer that is cut off"),
        (
            lambda asked: (
                true_agent(asked) if asked[0] == 11 else bytes([14]) + string(string(b"ssh-rsa") + string(b"x"))
            ),
            "a signature of type b'ssh-rsa'",
        ),
        (lambda asked: true_agent(asked) if asked[0] == 11 else bytes([5]), "an agent that refuses"),
    ],
)
def test_an_agent_that_can_not_sign_is_told(
    serve: Callable[..., str], answer: Callable[[bytes], bytes], found: str
) -> None:
    """No approval comes of it, and the message says what to do."""
    path = serve(answer)

    with pytest.raises(HeadgateError) as caught:
        AgentSigning.of(AMINA, path).sign(b"x")

    assert caught.value.found == found


def test_without_an_agent_a_key_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable, or nobody at the socket."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    for path in (None, str(tmp_path / "none")):
        with pytest.raises(HeadgateError, match="the SSH agent can't sign"):
            AgentSigning.of(AMINA, path)
