"""What the update gate's client makes of an OPA that answers late, oddly or not at all: never a decision."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from threading import Thread

import pytest

from headgate.errors import HeadgateError
from headgate.policy.bundle import Bundle
from headgate.policy.client import Asker
from headgate.policy.server import OpaServer

pytestmark = pytest.mark.component

TOKEN = "a-token-of-the-test"
DECISION = {"results": [], "errors": [], "rules": ["HG-XX-001"]}
Answer = Callable[[BaseHTTPRequestHandler], None]


class Opa:
    """An OPA on a unix socket that answers as it is told, and keeps what it was asked."""

    def __init__(self, path: Path) -> None:
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, str | None, bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append((self.path, self.headers["Authorization"], body))
                outer.answers.pop(0)(self)

            def address_string(self) -> str:
                return "socket"

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingUnixStreamServer):
            daemon_threads = True

        self._server = Server(str(path), Handler)
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def opa(tmp_path: Path) -> Iterator[Opa]:
    """Serve on a socket of the test."""
    served = Opa(tmp_path / "opa.sock")
    yield served
    served.close()


@pytest.fixture
def asker(tmp_path: Path, opa: Opa) -> Iterator[Asker]:
    """Return the client of that OPA."""
    client = Asker(tmp_path / "opa.sock", TOKEN, timeout=1.0)
    yield client
    client.close()


def says(text: str, status: int = 200) -> Answer:
    """Return an answer with a body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    """Close the connection with no word."""
    handler.close_connection = True


def sleeps(handler: BaseHTTPRequestHandler) -> None:
    """Answer long after anybody waits."""
    time.sleep(2)
    handler.close_connection = True


def test_a_question_carries_the_token_and_asks_for_errors(opa: Opa, asker: Asker) -> None:
    """One document, over the socket, with the run's token."""
    opa.answers = [says(json.dumps({"result": DECISION}))]

    assert asker.ask({"gate": "U"}) == DECISION
    assert opa.asked == [
        ("/v1/data/main/decision?strict-builtin-errors=true", f"Bearer {TOKEN}", b'{"input": {"gate": "U"}}')
    ]


def test_a_connection_that_has_gone_is_asked_once_more(opa: Opa, asker: Asker) -> None:
    """A question changes nothing, so a second one is safe; a third is not asked."""
    opa.answers = [hangs_up, says(json.dumps({"result": DECISION})), hangs_up, hangs_up]

    assert asker.ask({}) == DECISION
    with pytest.raises(OSError, match="aborted"):
        asker.ask({})


@pytest.mark.parametrize(
    ("answer", "found", "asked"),
    [
        (sleeps, "no answer within 1 s", 1),
        (says("no JSON"), "what is no JSON", 1),
        (says("[]"), "the entry point data.main.decision is undefined", 1),
        (says("{}"), "the entry point data.main.decision is undefined", 1),
        (says('{"result": {"results": 1}}'), "a decision without results", 1),
        (says('{"result": {"results": [], "rules": []}}'), "no rule was evaluated", 1),
        (says('{"errors": [{"message": "div by zero"}]}', 500), "div by zero", 1),
        (says('{"code": "unauthorized", "message": "not you"}', 401), "not you", 1),
        (says("<html>", 502), "HTTP 502 and no decision", 1),
    ],
    ids=["slow", "no-json", "list", "undefined", "no-results", "no-rules", "error", "refused", "proxy"],
)
def test_an_answer_that_is_no_decision_is_an_error(
    opa: Opa, asker: Asker, answer: Answer, found: str, asked: int
) -> None:
    """Late, garbled, undefined or refused: nothing was judged, and the message says why."""
    opa.answers = [answer]

    with pytest.raises(HeadgateError) as raised:
        asker.ask({})

    assert (raised.value.what, found in str(raised.value), int(raised.value.exit_code), len(opa.asked)) == (
        "the rules could not be evaluated, so nothing was judged",
        True,
        2,
        asked,
    ), str(raised.value)


def test_the_shell_s_proxy_and_netrc_are_not_believed(
    tmp_path: Path, opa: Opa, asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy of the shell would be handed the resources, and a netrc would take the token's place."""
    (tmp_path / "netrc").write_text("machine localhost login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    opa.answers = [says(json.dumps({"result": DECISION}))]

    asker.ask({})

    assert opa.asked[0][1] == f"Bearer {TOKEN}"


def test_an_opa_that_has_ended_is_named_with_what_ended_it() -> None:
    """The engine ends the update, and a person learns that OPA died rather than that something timed out."""
    with OpaServer(Bundle.find()) as server:
        assert server.pid is not None
        server._process.kill()  # type: ignore[union-attr]
        server._process.wait()  # type: ignore[union-attr]
        with pytest.raises(
            HeadgateError, match="OPA was ended by signal SIGKILL; the machine may have run out of memory"
        ):
            server.ask({})
