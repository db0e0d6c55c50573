"""`headgate audit stream` against receivers that listen: what arrives, and what is said when nothing can."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from headgate.audit import Entry, Ledger
from headgate.cli.main import main
from headgate.sandbox.pki import Authority

pytestmark = pytest.mark.component
ORIGIN = "example.com/ledger"
PARTIAL = b'{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"old"}}'


class Request(NamedTuple):
    """What arrived."""

    path: str
    headers: dict[str, str]
    body: Any


class Answer(NamedTuple):
    """What is answered."""

    status: int
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""


class Receiver:
    """An HTTP receiver on loopback; `answers` are given first, then 200."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """Listen."""
        self.answers: list[Answer] = []
        self.requests: list[Request] = []
        self.arrived = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                answer = outer.answers.pop(0) if outer.answers else Answer(200)
                headers = {name.lower(): value for name, value in self.headers.items()}
                with outer.arrived:
                    outer.requests.append(Request(self.path, headers, body))
                    outer.arrived.notify_all()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def wait_for(self, is_there: Callable[[], bool]) -> None:
        """Wait until what arrived is what one waits for."""
        with self.arrived:
            assert self.arrived.wait_for(is_there, timeout=60)

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return the authority that vouches for the receivers."""
    return Authority.at(tmp_path_factory.mktemp("pki"), "receivers' CA")


@pytest.fixture(scope="module")
def context(authority: Authority) -> ssl.SSLContext:
    """Return the receivers' side of TLS."""
    pair = authority.server("receiver", ["127.0.0.1"])
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(pair.cert, pair.key)
    return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Listen without encryption."""
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def encrypted(context: ssl.SSLContext) -> Iterator[Receiver]:
    """Listen with a certificate."""
    found = Receiver(context)
    yield found
    found.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Begin a ledger of three entries."""
    return grow(tmp_path / "l", 3)


def grow(root: Path, count: int) -> Path:
    """Append so many entries."""
    with Ledger(root, origin=ORIGIN) as ledger:
        ledger.append_documents(
            [Entry("drill", f"region-{n}", 1, "ops", "2026-01-01T00:00:00Z").as_json() for n in range(count)]
        )
    return root


def run(ledger: Path, to: str, *options: str) -> int:
    """Deliver once, and return the exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["audit", "stream", "--ledger", str(ledger), "--to", to, "--once", "--json", *options])
    return int(ended.value.code or 0)


def error_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the error that was printed."""
    found: dict[str, Any] = json.loads(capsys.readouterr().err)
    return found


@pytest.fixture
def secret(tmp_path: Path) -> Callable[[str], str]:
    """Write a credential's file."""

    def write(text: str) -> str:
        path = tmp_path / "credential"
        path.touch(0o600)
        path.write_text(text)
        return str(path)

    return write


def test_cloud_events_arrive_in_batches_over_tls(
    ledger: Path, encrypted: Receiver, authority: Authority, secret: Callable[[str], str], capsys: Any
) -> None:
    """The type of the body, the credential, and where it stands; then what came since, and no more."""
    to = f"cloudevents+https://127.0.0.1:{encrypted.port}/in"
    options = ("--ca", str(authority.ca_cert), "--credential-file", secret("Splunk hunter2"))
    assert run(ledger, to, *options) == 0
    assert json.loads(capsys.readouterr().out) == {"destination": to, "delivered": 2, "lag": 0}
    grow(ledger, 1)
    assert run(ledger, to, *options) == 0
    first, second = encrypted.requests

    assert first.path == "/in"
    assert first.headers["content-type"] == "application/cloudevents-batch+json; charset=utf-8"
    assert first.headers["authorization"] == "Splunk hunter2"
    assert [(one["id"], one["subject"]) for one in first.body] == [
        ("0", "region-0"),
        ("1", "region-1"),
        ("2", "region-2"),
    ]
    assert [one["id"] for one in second.body] == ["3"]


def test_logs_arrive_at_the_protocols_path(ledger: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a token from the environment; a receiver that is busy is tried again."""
    monkeypatch.setenv("HEADGATE_STREAM_CREDENTIAL", "abc")
    receiver.answers = [Answer(503, {"retry-after": "0"}), Answer(200, body=b'{"partialSuccess":{}}')]
    assert run(ledger, f"otlp+http://127.0.0.1:{receiver.port}") == 0
    one, again = receiver.requests

    assert (one.path, one.headers["content-type"], one.headers["authorization"]) == (
        "/v1/logs", "application/json", "Bearer abc",
    )  # fmt: skip
    assert one.body == again.body
    assert len(again.body["resourceLogs"][0]["scopeLogs"][0]["logRecords"]) == 3


def test_an_event_hub_gets_messages_with_a_signature(
    ledger: Path, encrypted: Receiver, authority: Authority, secret: Callable[[str], str]
) -> None:
    """Its REST API: path, type of the body, one message an entry."""
    connection = "Endpoint=sb://127.0.0.1/;SharedAccessKeyName=send;SharedAccessKey=aHVudGVyMg=="
    options = ("--ca", str(authority.ca_cert), "--credential-file", secret(connection))
    encrypted.answers = [Answer(201)]
    assert run(ledger, f"eventhubs://127.0.0.1:{encrypted.port}/audit", *options) == 0
    (request,) = encrypted.requests

    assert request.path == "/audit/messages?timeout=60&api-version=2014-01"
    assert request.headers["content-type"] == "application/vnd.microsoft.servicebus.json"
    assert request.headers["authorization"].startswith("SharedAccessSignature sr=https%3A%2F%2F127.0.0.1%2Faudit&sig=")
    assert [json.loads(one["Body"])["id"] for one in request.body] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("answer", "what", "found"),
    [
        (Answer(401, body=b"no such token: hunter2"), "does not accept the credential", "401 no such token: ***"),
        (Answer(403), "does not accept the credential", "403"),
        (Answer(302, {"location": "http://127.0.0.1:1/"}), "refused the entries", "302"),
        (Answer(400, body=b"x" * 10_000), "refused the entries", "400 " + "x" * 200),
        (Answer(200, body=PARTIAL), "rejected a part", "2 of 3: old"),
    ],
)  # fmt: skip
def test_what_a_receiver_refuses_is_told_and_delivered_again(
    ledger: Path, receiver: Receiver, answer: Answer, what: str, found: str, secret: Callable[[str], str], capsys: Any
) -> None:
    """Nothing is skipped, and the credential is not shown, even where the receiver repeats it."""
    receiver.answers = [answer]
    to = f"otlp+http://127.0.0.1:{receiver.port}"
    assert run(ledger, to, "--credential-file", secret("hunter2")) == 2
    error = error_of(capsys)
    assert run(ledger, to) == 0

    assert what in error["error"]
    assert error["found"] == found
    assert receiver.requests[0].body == receiver.requests[1].body


def test_a_batch_that_is_too_large_is_sent_in_halves(ledger: Path, receiver: Receiver) -> None:
    """In order, and each noted."""
    receiver.answers = [Answer(413)]
    assert run(ledger, f"cloudevents+http://127.0.0.1:{receiver.port}") == 0

    assert [[one["id"] for one in request.body] for request in receiver.requests] == [
        ["0", "1", "2"],
        ["0"],
        ["1", "2"],
    ]


def test_a_receiver_that_is_not_there_is_told(ledger: Path, capsys: Any) -> None:
    """After it was waited for."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        to = f"127.0.0.1:{taken.getsockname()[1]}"
        for scheme in ("otlp+http", "syslog+tcp"):
            assert run(ledger, f"{scheme}://{to}", "--retry-for", "0") == 2
            error = error_of(capsys)
            assert error["error"] == "the receiver can't be reached: entries wait in the ledger"
            assert "Connection refused" in error["found"]


def test_a_receiver_that_nobody_vouches_for_gets_nothing(ledger: Path, encrypted: Receiver, capsys: Any) -> None:
    """Neither entries nor the credential; nor does one that speaks no TLS."""
    for scheme in ("cloudevents+https", "syslog+tls"):
        assert run(ledger, f"{scheme}://127.0.0.1:{encrypted.port}") == 2
        error = error_of(capsys)
        assert error["error"] == "the receiver can't be trusted: TLS failed"
        assert "certificate verify failed" in error["found"]
    assert encrypted.requests == []


class Syslog:
    """A syslog receiver: reads messages by their counted octets."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        """Listen."""
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.context, self.messages, self.hangs_up = context, list[bytes](), 0
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def loop(self) -> None:
        """Take connections until the socket is closed."""
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            if self.hangs_up:
                self.hangs_up -= 1
                connection.close()
                continue
            wrapped = self.context.wrap_socket(connection, server_side=True) if self.context else connection
            with wrapped, wrapped.makefile("rb") as file:
                self.read(file)
                if isinstance(wrapped, ssl.SSLSocket):
                    wrapped.unwrap()

    def read(self, file: Any) -> None:
        """Keep messages until the sender is gone."""
        while length := b"".join(iter(lambda: file.read(1).strip(), b"")):
            self.messages.append(file.read(int(length)))

    def close(self) -> None:
        """Stop listening."""
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join(10)


@pytest.mark.parametrize("scheme", ["syslog+tcp", "syslog+tls"])
def test_syslog_messages_arrive_whole_and_in_order(
    scheme: str, ledger: Path, context: ssl.SSLContext, authority: Authority
) -> None:
    """Each behind its length; what a receiver that hangs up did not confirm is sent again."""
    receiver = Syslog(context if scheme == "syslog+tls" else None)
    receiver.hangs_up = 1
    options = ("--ca", str(authority.ca_cert)) if scheme == "syslog+tls" else ()
    assert run(ledger, f"{scheme}://127.0.0.1:{receiver.port}", *options) == 0
    receiver.close()

    assert [message.partition(b"index=")[2][:3] for message in receiver.messages] == [b'"0"', b'"1"', b'"2"']
    assert all(message.startswith(b"<110>1 2026-01-01T00:00:00Z ") for message in receiver.messages)
    assert json.loads(receiver.messages[2].partition(b"\xef\xbb\xbf")[2])["subject"] == "region-2"


def test_it_follows_until_it_is_told_to_stop(ledger: Path, receiver: Receiver) -> None:
    """SIGTERM ends it with 0, also while it waits for a receiver; the next one goes on where it stopped."""
    to = f"cloudevents+http://127.0.0.1:{receiver.port}"
    command = [
        sys.executable,
        "-m",
        "headgate.cli.main",
        "audit",
        "stream",
        "--ledger",
        str(ledger),
        "--to",
        to,
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert json.loads(process.stdout.readline())["delivered"] == 2
            receiver.answers = [Answer(429, {"retry-after": "300"})]
            grow(ledger, 1)
            assert json.loads(process.stdout.readline()) == {
                "destination": to, "delivered": 2, "lag": 1, "waits": 300.0, "reason": "it answers 429",
            }  # fmt: skip
        finally:
            process.terminate()
        assert process.wait(30) == 0
    assert run(ledger, to) == 0

    assert [[one["id"] for one in request.body] for request in receiver.requests] == [["0", "1", "2"], ["3"], ["3"]]
