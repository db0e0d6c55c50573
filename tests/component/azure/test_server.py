"""Azure in miniature over its socket: modes, durability, restarts."""

from __future__ import annotations

import signal
import threading

import pytest
from click.testing import CliRunner

from headgate.cli.sandbox_fault import fault
from headgate.sandbox.azure.__main__ import main
from headgate.sandbox.azure.client import Patience
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.ids import group_id
from tests.component.azure.conftest import AzureProcess, eventually

pytestmark = pytest.mark.component

GROUP = group_id("rg-test")
API = "2024-11-01"


def test_the_socket_is_its_owners_alone(azure: AzureProcess) -> None:
    """Mode 0600, and gone after an orderly end."""
    mode = azure.state.azure_socket.stat().st_mode & 0o777
    code = azure.end()

    assert (mode, code) == (0o600, 0)
    assert not azure.state.azure_socket.exists()


def test_a_resource_is_made_followed_read_and_removed(azure: AzureProcess) -> None:
    """201 with an operation to follow; the phases are told; DELETE leaves nothing."""
    told: list[str] = []

    made = azure.client.put(GROUP, API, {"location": "uaenorth"}, Patience(say=told.append))
    azure.client.delete(GROUP, API, Patience())

    assert made["properties"] == {"provisioningState": "Succeeded"}
    assert set(told) <= {"Accepted", "Creating", "Running"}
    assert azure.client.get(GROUP, API) is None
    assert azure.client.own("GET", "/-/resources") == {"value": []}


def test_what_was_acknowledged_survives_kill_9(azure: AzureProcess) -> None:
    """Killed amid a stream of writes: every group that was answered is there after the restart."""
    answered: list[str] = []

    def write() -> None:
        for number in range(1000):
            name = group_id(f"rg-{number}")
            azure.client.put(name, API, {"location": "uaenorth"}, Patience())
            answered.append(name)

    def write_until_killed() -> None:
        with pytest.raises(Exception, match="does not answer"):
            write()

    thread = threading.Thread(target=write_until_killed)
    thread.start()
    eventually(lambda: len(answered) >= 20)
    azure.end(signal.SIGKILL)
    thread.join(timeout=20)
    azure.start()

    assert [name for name in answered if azure.client.get(name, API) is None] == []


def test_an_operation_that_was_killed_goes_on_after_the_restart(azure: AzureProcess) -> None:
    """A creation that had been accepted is completed by the next process."""
    azure.end()
    azure.start(scale=1.0)
    status, _, _ = azure.client._send("PUT", f"{GROUP}?api-version={API}", {"location": "uaenorth"})
    azure.end(signal.SIGKILL)
    azure.start()

    found = eventually(lambda: (azure.client.get(GROUP, API) or {})["properties"]["provisioningState"] == "Succeeded")
    assert (status, found) == (201, True)


def test_a_second_server_is_refused(azure: AzureProcess) -> None:
    """Two processes never share a state directory; the first one goes on answering."""
    assert main(["--state", str(azure.state.root), "--simulated"]) == 2
    assert azure.client.own("GET", "/-/healthz")["status"] == "ok"


def test_a_throttled_call_is_tried_again_by_itself(azure: AzureProcess) -> None:
    """Three refusals with Retry-After, then the answer."""
    azure.client.own("POST", "/-/faults", {"kind": "throttle", "count": 3, "retry_after": 0})
    told: list[str] = []

    azure.client.put(GROUP, API, {"location": "uaenorth"}, Patience(say=told.append))

    assert [text for text in told if text.startswith("throttled")] == ["throttled; again in 1 s"] * 3
    assert azure.client.own("GET", "/-/faults") == {"value": []}


def test_the_api_version_is_required(azure: AzureProcess) -> None:
    """As in Azure Resource Manager."""
    status, _, answer = azure.client._send("GET", GROUP, None)

    assert (status, answer["error"]["code"]) == (400, "MissingApiVersionParameter")


def test_faults_are_added_listed_and_cleared_from_the_command_line(
    azure: AzureProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outage refuses its region until it is cleared."""
    monkeypatch.setenv("HEADGATE_STATE", str(azure.state.root))
    runner = CliRunner()

    added = runner.invoke(fault, ["add", "outage", "--region", "uaenorth", "--json"])
    listed = runner.invoke(fault, ["list"])
    with pytest.raises(ArmError) as caught:
        azure.client.put(GROUP, API, {"location": "uaenorth"}, Patience())
    cleared = runner.invoke(fault, ["clear", "1"])

    assert added.output == '{"id": "1"}\n'
    assert "outage" in listed.output
    assert caught.value.code == "ServiceUnavailable"
    assert cleared.output == "cleared 1\n"
    azure.client.put(GROUP, API, {"location": "uaenorth"}, Patience())
