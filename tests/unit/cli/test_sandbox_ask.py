"""`headgate sandbox ask`: what is sent, and what is told of the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from headgate import engine
from headgate.cli.main import cli
from headgate.errors import HeadgateError
from headgate.policy.bundle import CHECKOUT
from headgate.sandbox import smoke as smoking
from headgate.sandbox.smoke import SmokeResult

pytestmark = pytest.mark.unit
SAMPLE = json.loads((CHECKOUT / "examples/models/fraud-score/samples.json").read_text())[1]["request"]
ANSWER = SmokeResult(True, "https://edge/v2", 200, 0.085, "uaecentral", "pod", "sha256:1", {"score": [0.99]})


def asked(monkeypatch: pytest.MonkeyPatch, answer: SmokeResult, *arguments: str) -> tuple[Result, list[Any]]:
    """Run the command with an answer from the front door; return what came of it, and what was sent."""
    sent: list[Any] = []

    def send(url: str, model: str, request: Any, **_: Any) -> SmokeResult:
        sent.append((url, model, request))
        return answer

    monkeypatch.setattr(engine, "outputs", lambda stack, **_: {"endpoint": f"https://{stack}"})
    monkeypatch.setattr(smoking, "smoke", send)
    return CliRunner().invoke(cli, ["sandbox", "ask", *arguments], standalone_mode=False), sent


def test_a_sample_is_sent_and_the_answer_told_with_region_and_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file the example's own sample goes through the platform's endpoint."""
    done, sent = asked(monkeypatch, ANSWER, "fraud-score")

    assert done.output == "fraud-score answered from uaecentral in 85 ms: score [0.99]\nsha256:1\n"
    assert sent == [("https://platform-sandbox", "fraud-score", SAMPLE)]


def test_a_request_of_ones_own_is_sent_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of any model; the answer comes as JSON too."""
    request = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [1.0]}]}
    (tmp_path / "request.json").write_text(json.dumps(request))

    done, sent = asked(monkeypatch, ANSWER, "other", "--file", str(tmp_path / "request.json"), "--json")

    assert (json.loads(done.output), sent[0][2]) == (ANSWER.as_json(), request)


def test_no_answer_is_an_error_that_says_what_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that asks can rely on the exit code."""
    done, _ = asked(monkeypatch, SmokeResult(False, "https://edge/v2", 503, 0.1), "fraud-score")

    assert isinstance(done.exception, HeadgateError)
    assert (done.exception.found, int(done.exception.exit_code)) == ("HTTP 503", 2)


@pytest.mark.parametrize("text", [None, "{", '{"outputs": []}', '{"inputs": 1}', "[]"])
def test_what_is_no_request_is_not_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None) -> None:
    """A model without samples, and a file that is not in the protocol."""
    (tmp_path / "request.json").write_text(text or "")
    more = ("fraud-score", "--file", str(tmp_path / "request.json")) if text else ("without-samples",)

    done, sent = asked(monkeypatch, ANSWER, *more)

    assert isinstance(done.exception, HeadgateError)
    assert (done.exception.what, done.exception.fix, sent) == (
        "there is no request to send",
        "name one with --file",
        [],
    )
