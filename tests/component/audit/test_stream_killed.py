"""A stream that is killed goes on where its receiver was: at least once, in order, and not from the beginning."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from headgate.sandbox.pki import Authority

from .test_stream import Answer, Receiver, Syslog, authority, context, encrypted, grow, receiver, run, secret

pytestmark = pytest.mark.component
__all__ = ["authority", "context", "encrypted", "receiver", "secret"]
CONNECTION = "Endpoint=sb://127.0.0.1/;SharedAccessKeyName=send;SharedAccessKey=aHVudGVyMg=="
HALF, ALL = 300, 600


@dataclass
class Trial:
    """A receiver of one form, and how it is reached, closed and asked what arrived."""

    to: str
    options: tuple[str, ...]
    refuse: Callable[[], None]
    accept: Callable[[], None]
    arrived: Callable[[], list[str]]


def over_http(to: str, receiver: Receiver, *options: str) -> Trial:
    """Return the trial of a form that goes in requests."""

    def refuse() -> None:
        receiver.answers = [Answer(503, {"retry-after": "300"})]

    return Trial(
        to, options, refuse, receiver.answers.clear, lambda: [json.dumps(one.body) for one in receiver.requests]
    )


def over_syslog(receiver: Syslog) -> Trial:
    """Return the trial of messages over TCP."""

    def refuse() -> None:
        receiver.hangs_up = 1_000

    def accept() -> None:
        receiver.hangs_up = 0

    return Trial(
        f"syslog+tcp://127.0.0.1:{receiver.port}",
        (),
        refuse,
        accept,
        lambda: [message.decode() for message in receiver.messages],
    )


@pytest.fixture
def syslog() -> Iterator[Syslog]:
    """Listen for messages."""
    found = Syslog(None)
    yield found
    found.close()


@pytest.fixture(params=["cloudevents", "otlp", "syslog", "eventhubs"])
def trial(
    request: pytest.FixtureRequest,
    receiver: Receiver,
    encrypted: Receiver,
    syslog: Syslog,
    authority: Authority,
    secret: Callable[[str], str],
) -> Trial:
    """Return the trial of each form."""
    plain = f"http://127.0.0.1:{receiver.port}"
    if request.param == "eventhubs":
        options = ("--ca", str(authority.ca_cert), "--credential-file", secret(CONNECTION))
        return over_http(f"eventhubs://127.0.0.1:{encrypted.port}/audit", encrypted, *options)
    if request.param != "syslog":
        return over_http(f"{request.param}+{plain}", receiver)
    return over_syslog(syslog)


def numbers(texts: list[str]) -> list[int]:
    """Return the entries that arrived, by their subjects, each once as often as it is named in a row."""
    found = [int(each) for text in texts for each in re.findall(r"region-(\d+)", text)]
    return [each for at, each in enumerate(found) if at == 0 or found[at - 1] != each]


def test_a_killed_stream_goes_on_where_its_receiver_was(trial: Trial, tmp_path: Path) -> None:
    """Kill -9 while the receiver takes nothing: what it had is not sent again, and nothing is left out."""
    ledger = grow(tmp_path / "l", HALF)
    assert run(ledger, trial.to, *trial.options) == 0
    trial.refuse()
    grow(ledger, ALL)
    command = [sys.executable, "-m", "headgate.cli.main", "audit", "stream", "--ledger", str(ledger), "--to", trial.to]
    with subprocess.Popen([*command, "--json", *trial.options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            while "waits" not in (line := json.loads(process.stdout.readline())):
                assert line["delivered"] == HALF - 1
        finally:
            process.kill()
    trial.accept()
    assert run(ledger, trial.to, *trial.options) == 0

    after = numbers(trial.arrived())
    assert after[:HALF] == list(range(HALF))
    # `grow` begins its subjects anew: the second part is all of it, once or more from its beginning, and then in order.
    again = after[HALF:]
    last = max(at for at, each in enumerate(again) if each == 0)
    assert again[last:] == list(range(ALL))
    assert again[:last] == list(range(len(again[:last])))
