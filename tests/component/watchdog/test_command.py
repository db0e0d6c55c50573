"""`headgate watchdog`, running: whom it hears, whom it calls, and that a call that is not taken is made again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from pager import Pager

pytestmark = pytest.mark.component

TOKEN = "a-token-of-the-switch"
ALIVE = {"alerts": [{"status": "firing", "labels": {"alertname": "Watchdog"}}]}
COMMAND = [sys.executable, "-m", "headgate.cli.main", "watchdog"]


def eventually(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Return what a condition returns once it is truthy."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)
    return found


@pytest.fixture
def pager() -> Iterator[Pager]:
    """Return somebody who is called, and refuses at first."""
    made = Pager()
    made.status = 503
    yield made
    made.close()


@pytest.fixture
def switch(pager: Pager, tmp_path: Path) -> Iterator[str]:
    """Return the address of a running switch that waits a second; it ends quietly when told to."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "call-token").write_text("of the pager")
    options = ["--expect", "platform-test", "--silent-after", "1", "--listen", "127.0.0.1:0"]
    files = ["--token-file", str(tmp_path / "token"), "--call-token-file", str(tmp_path / "call-token")]
    process = subprocess.Popen(
        [*COMMAND, *options, *files, "--call", f"{pager.url}page"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process.stdout.readline().split()[2]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    process.stdout.close()


def post(address: str, body: object, path: str = "/v1/heard/platform-test", token: str = TOKEN) -> int:
    """Call the switch; return what it answers."""
    headers = {"Authorization": f"Bearer {token}"}
    with urllib3.PoolManager(retries=False, timeout=10) as client:
        return client.request("POST", f"http://{address}{path}", json=body, headers=headers).status


def test_silence_is_told_until_somebody_takes_it_and_so_is_its_end(switch: str, pager: Pager) -> None:
    """The pager refuses at first: it is called again. Then the platform is heard, and that is told too."""
    eventually(lambda: len(pager.all) >= 2)
    pager.status = 200
    seen = len(pager.all)
    eventually(lambda: len(pager.all) > seen)
    eventually(lambda: post(switch, ALIVE) == 204 and ("WatchdogSilent", "resolved") in pager.calls)

    assert {call.authorization for call in pager.all} == {"Bearer of the pager"}
    assert {call.alert["labels"]["platform"] for call in pager.all} == {"platform-test"}


def test_only_who_has_the_token_and_something_to_say_is_heard(switch: str) -> None:
    """Others are told why not; whoever watches the watcher needs no token."""
    assert [
        post(switch, ALIVE, token="another"),
        post(switch, ALIVE, path="/v1/heard/platform-other"),
        post(switch, ALIVE, path="/elsewhere"),
        post(switch, {"alerts": []}),
        post(switch, {"filler": "x" * (1 << 20)}),
    ] == [401, 404, 404, 422, 413]
    with urllib3.PoolManager(retries=False, timeout=10) as client:
        assert client.request("GET", f"http://{switch}/healthz").status == 200


@pytest.mark.parametrize(
    ("token", "listen", "said"),
    [
        ("", "127.0.0.1:0", "this token is empty"),
        ("t", "nowhere", "no address"),
        ("t", "203.0.113.1:9", "can't listen"),
    ],
)
def test_what_can_not_work_is_refused_with_what_to_do(tmp_path: Path, token: str, listen: str, said: str) -> None:
    """An empty token would let everybody in."""
    (tmp_path / "token").write_text(token)
    options = ["--expect", "p", "--call", "http://127.0.0.1:1", "--token-file", str(tmp_path / "token")]
    done = subprocess.run([*COMMAND, *options, "--listen", listen], capture_output=True, text=True, timeout=60)

    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
