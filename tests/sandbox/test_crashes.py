"""kill -9 anywhere, then the documented command: the platform completes, and its state is whole."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest
from running_platform import CHECKOUT, HEADGATE, RunningPlatform, eventually

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(
    "process",
    [
        "aks-sandbox-uaenorth/etcd",
        "aks-sandbox-uaenorth/kube-apiserver",
        "aks-sandbox-uaecentral/dataplane",
        "azure",
        "audit",
        "edge-afd-headgate-sandbox",
        "registry-hgplatformsandbox",
    ],
)
def test_a_killed_process_comes_back_and_the_model_answers(platform: RunningPlatform, process: str) -> None:
    """The supervisor restarts what died; the next request through the front door is answered."""
    pid = platform.kill(process)

    eventually(lambda: platform.returned(process, pid), f"{process} runs again")

    assert platform.headgate("tour", "up", "--json").json()["request"]["ok"]


def test_a_killed_supervisor_leaves_nothing_and_up_brings_all_back(platform: RunningPlatform) -> None:
    """With the supervisor every child dies; `tour up` starts them again from the state on disk."""
    pids = [row["pid"] for row in platform.processes().values() if row["pid"]]
    os.kill(int((platform.state / "supervisor.lock").read_text()), signal.SIGKILL)
    eventually(lambda: not [pid for pid in pids if Path(f"/proc/{pid}").exists()], "every child is gone")

    up = platform.headgate("tour", "up", "--json")

    assert up.code == 0, up.text
    assert up.json()["request"]["ok"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
def test_an_update_that_was_ended_half_way_is_completed(platform: RunningPlatform, number: signal.Signals) -> None:
    """Plain `pulumi up` names the command after a kill; `headgate up` clears the lock, settles and completes."""
    assert platform.pulumi("destroy", "--yes", "--skip-preview", "-s", "fraud-sandbox").code == 0
    _end_half_way(platform, number)

    if number is signal.SIGKILL:
        plain = platform.up("fraud-sandbox")
        assert plain.code != 0
        assert "lock" in plain.text
    completed = platform.headgate("up", "--yes", "-s", "fraud-sandbox")

    assert completed.code == 0, completed.text
    assert platform.pulumi("preview", "--expect-no-changes", "-s", "fraud-sandbox").code == 0
    assert platform.headgate("tour", "up", "--json").json()["request"]["ok"]


def _end_half_way(platform: RunningPlatform, number: signal.Signals) -> None:
    """Begin an update and end the engine once the first of the team's objects exists in the API server."""
    update = subprocess.Popen(
        ["pulumi", "--non-interactive", "up", "--yes", "--skip-preview", "-s", "fraud-sandbox"],
        cwd=CHECKOUT,
        env=platform.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    eventually(
        lambda: platform.kubectl("uaenorth", "get", "namespace", "team-fraud").code == 0,
        "the update has begun to create",
    )
    if number is signal.SIGKILL:
        # The engine and its plugins, as a crash of the session would.
        os.killpg(update.pid, number)
    else:
        update.send_signal(number)
    update.wait(timeout=120)


def test_ctrl_c_of_the_tour_is_quiet_and_resumable(platform: RunningPlatform) -> None:
    """Interrupting `headgate tour up` ends with code 130 and no traceback; the next one completes."""
    tour = subprocess.Popen(
        [*HEADGATE, "tour", "up"],
        cwd=CHECKOUT,
        env={**os.environ, "HEADGATE_STATE": str(platform.state), "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert tour.stdout is not None
    for line in tour.stdout:
        if "▸" in line:
            break
    tour.send_signal(signal.SIGINT)
    rest = tour.communicate(timeout=120)[0]

    assert tour.returncode == 130
    assert "Traceback" not in rest
    assert platform.headgate("tour", "up", "--json").json()["request"]["ok"]
