"""`headgate sandbox` as a person uses it, on a sandbox to which nothing has been deployed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.sandbox.layout import StateDir
from headgate.sandbox.supervisor import launch

pytestmark = pytest.mark.component


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDir]:
    """Return a state directory that nothing runs in after the test."""
    directory = StateDir(tmp_path / "state")
    yield directory
    launch.stop(directory)


def headgate(state: StateDir, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command on the sandbox of the test."""
    environment = {**os.environ, "HEADGATE_STATE": str(state.root), "COLUMNS": "120"}
    command = [sys.executable, "-m", "headgate.cli.main", "sandbox", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_up_status_up_down(state: StateDir) -> None:
    """Everything starts, is shown, is left alone by a second `up`, and is gone after `down`."""
    up = headgate(state, "up")
    status = json.loads(headgate(state, "status", "--json").stdout)
    again = headgate(state, "up")
    down = headgate(state, "down")
    after = json.loads(headgate(state, "status", "--json").stdout)

    assert (up.returncode, down.returncode) == (0, 0)
    assert "The sandbox is up" in up.stdout
    assert {each["name"]: each["state"] for each in status["processes"]} == dict.fromkeys(
        ("audit", "azure", "updates"), "ready"
    )
    assert status["regions"] == {}
    assert status["memory"] == sum(each["memory"] for each in status["processes"]) > 0
    assert again.stdout == "The sandbox is up already; nothing to do.\n"
    assert after == {"running": False, "state": str(state.root), "regions": {}, "processes": [], "memory": 0}
    assert not list(state.root.glob("*.sock")) + list(state.root.glob("*.lock"))
    for port in [port for each in status["processes"] for port in each["ports"].values()]:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_a_sandbox_that_is_down_says_so(state: StateDir) -> None:
    """No traceback, and the next command."""
    assert headgate(state, "status").stdout == "The sandbox is not running. Start it: headgate sandbox up\n"
    assert headgate(state, "down").stdout == "The sandbox was not running.\n"


def test_a_region_that_does_not_exist_is_named(state: StateDir) -> None:
    """With what there is."""
    answer = headgate(state, "kubeconfig", "nowhere", "--json")

    assert answer.returncode == 2
    assert json.loads(answer.stderr)["expected"] == "a region that was deployed: there is none yet"


def test_logs_are_listed_and_shown(state: StateDir) -> None:
    """By name; an unknown name is an error that lists the known ones."""
    (state.logs / "west").mkdir(parents=True)
    (state.logs / "west" / "etcd.log").write_text("one\ntwo\n")

    assert json.loads(headgate(state, "logs", "--json").stdout) == {"west/etcd": 8}
    assert headgate(state, "logs", "west/etcd", "-n", "1").stdout == "two\n"
    unknown = headgate(state, "logs", "east/etcd")
    assert unknown.returncode == 2
    assert "west/etcd" in unknown.stderr


def test_reset_removes_its_own_and_nothing_else(state: StateDir) -> None:
    """A file of somebody else's stays, and is named."""
    (state.root / "regions" / "west").mkdir(parents=True)
    (state.root / "notes.txt").write_text("mine")

    answer = json.loads(headgate(state, "reset", "--yes", "--json").stdout)
    assert answer == {"removed": str(state.root), "left": ["notes.txt"]}
    assert [path.name for path in state.root.iterdir()] == ["notes.txt"]


def test_a_state_directory_that_can_t_be_written_is_an_error(tmp_path: Path) -> None:
    """It says which one, and what to set."""
    (tmp_path / "file").write_text("")

    answer = headgate(StateDir(tmp_path / "file" / "state"), "up")
    assert answer.returncode == 2
    assert "the sandbox can't write its state directory" in answer.stderr
    assert "set HEADGATE_STATE" in answer.stderr
