"""The rules behind OPA's REST API, asked with the client that others use, and closed to all else that it can do."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opa_client.errors import ConnectionsError, RegoParseError
from opa_client.opa import OpaClient
from requests.exceptions import HTTPError

from headgate.errors import HeadgateError
from headgate.plan import manifests
from headgate.policy import opa
from headgate.policy.bundle import Bundle
from headgate.policy.client import Asker
from headgate.policy.server import OpaServer
from headgate.sandbox.toolchain import tool_path

pytestmark = pytest.mark.component

BUNDLE = Bundle.find()
TOKEN = "a-token-of-the-test"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - image: nginx\n"
RUN = {
    "gate": "P",
    "phase": "preview",
    "environment": "prod",
    "resources": manifests.view({"pod.yaml": POD}).as_json(),
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve the rules on loopback, with the arguments and the authorization of the gates' own OPA."""
    folder = tmp_path_factory.mktemp("opa")
    opa.write(BUNDLE, folder, gate="local", token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    command = [
        *(str(tool_path("opa")), "run", "--server", f"--addr=127.0.0.1:{free}", "--authentication=token"),
        *("--authorization=basic", "--skip-version-check", "--log-level=error", str(folder)),
    ]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        with client(free) as waiting:
            waiting.wait_for_ready(timeout=20, interval=0.05)
        yield free
    finally:
        process.terminate()
        process.wait(15)


def client(port: int, token: str = TOKEN) -> Any:
    """Return a client with a token."""
    return OpaClient(host="127.0.0.1", port=port, token=token, retries=0, timeout=20.0)


def test_a_decision_over_http_is_that_of_an_evaluation(port: int) -> None:
    """Whoever asks the rules over OPA's API is told what the gates are told."""
    with client(port) as asking:
        answer = asking.query_rule(RUN, "main", "decision")

    assert answer["result"] == opa.evaluate(BUNDLE, RUN)


def test_rules_and_parameters_are_looked_at_once_for_a_gate_and_an_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first question has them checked, the next ones not, with the same answers; a refused one does not count."""
    asked: list[str] = []
    ask = Asker.ask

    def noted(self: Asker, run: Any, query: str = opa.QUERY) -> dict[str, Any]:
        asked.append(query)
        return ask(self, run, query)

    monkeypatch.setattr(Asker, "ask", noted)
    elsewhere = {**RUN, "environment": "moon"}
    with OpaServer(BUNDLE) as server:
        first, second = server.ask(RUN), server.ask(RUN)
        server.ask({**RUN, "environment": "dev"})
        for _ in range(2):
            with pytest.raises(HeadgateError, match="no parameters for environment moon"):
                server.ask(elsewhere)

    assert first == second
    assert asked == [opa.QUERY, opa.AGAIN, opa.QUERY, opa.QUERY, opa.QUERY]


def test_nobody_is_answered_without_the_token(port: int) -> None:
    """A process of the machine that finds the port learns nothing."""
    with client(port, token="another") as asking, pytest.raises(HTTPError, match="401"):
        asking.query_rule(RUN, "main", "decision")


def test_the_token_of_a_question_changes_and_reads_no_rules(port: int) -> None:
    """Who may ask may neither replace the rules nor list them, nor ask anything else."""
    with client(port) as asking:
        with pytest.raises(RegoParseError):
            asking.update_policy_from_string("package main\n\ndecision := {}\n", "main")
        with pytest.raises(ConnectionsError):
            asking.check_connection()
        with pytest.raises(HTTPError, match="401"):
            asking.ad_hoc_query("data.parameters")
        answer = asking.query_rule(RUN, "main", "decision")

    assert answer["result"]["rules"] == [rule.id for rule in BUNDLE.rules if "P" in rule.gates]


def test_the_clients_other_half_is_not_loaded() -> None:
    """Its asynchronous client and what that stands on take longer to load than OPA takes to answer."""
    code = "import sys, headgate.policy.client; print(*{'aiohttp', 'opa_client.opa', 'opa_client'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["opa_client.opa"]
