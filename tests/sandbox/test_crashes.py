"""kill -9 anywhere, then the documented command: the platform completes, and its state is whole."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from running_platform import CHECKOUT, HEADGATE, Outcome, RunningPlatform, eventually

pytestmark = pytest.mark.sandbox

TEAM = "fraud-sandbox"
UP = ["pulumi", "--non-interactive", "up", "--yes", "--skip-preview", "-s", TEAM]


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
        "facts-hgplatformsandbox",
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


def test_an_update_that_ends_half_way_again_and_again_is_completed(platform: RunningPlatform) -> None:
    """After Ctrl-C plain `pulumi up` goes on; after a kill it says what to run; a dead provider is told; all is made.

    `headgate up` clears the lock and settles what is pending; what its killed provider had created the next one takes
    over, and nothing is left to change.
    """
    gone = platform.pulumi("destroy", "--yes", "--skip-preview", "-s", TEAM)
    assert gone.code == 0, gone.text

    _end_half_way(platform, lambda update: update.send_signal(signal.SIGINT))
    # The engine and its plugins, as a crash of the session would.
    _end_half_way(platform, lambda update: os.killpg(update.pid, signal.SIGKILL))
    locked = platform.up(TEAM)
    died = _up_whose_provider_dies(platform, "headgate.sandbox.providers.kubernetes", once="rollout/fraud-score")
    completed = platform.headgate("up", "--yes", "-s", TEAM)
    again = platform.pulumi("preview", "--expect-no-changes", "-s", TEAM)

    assert locked.code != 0
    assert "pulumi cancel" in locked.text
    assert died.code != 0
    assert "Traceback" not in died.text
    assert completed.code == 0, completed.text
    assert again.code == 0, again.text
    assert platform.headgate("tour", "up", "--json").json()["request"]["ok"]


def test_what_an_update_works_on_may_die_meanwhile(platform: RunningPlatform) -> None:
    """Store, API server and gate are killed while objects are made: the next `make up` ends well all the same."""
    gone = platform.pulumi("destroy", "--yes", "--skip-preview", "-s", TEAM)
    assert gone.code == 0, gone.text
    opa = next(name for name in platform.processes() if "uaecentral" in name and "opa" in name)
    victims = ("aks-sandbox-uaenorth/etcd", "aks-sandbox-uaenorth/kube-apiserver", opa)

    _end_half_way(platform, lambda _: [platform.kill(each) for each in victims])
    up = platform.headgate("tour", "up", "--json")
    again = platform.pulumi("preview", "--expect-no-changes", "-s", TEAM)

    assert up.code == 0, up.text
    assert up.json()["request"]["ok"]
    assert again.code == 0, again.text


def _objects(platform: RunningPlatform) -> set[str]:
    """Return the team's objects in one region, of kinds that nobody else makes."""
    kinds = "resourcequotas,networkpolicies,roles,rolebindings,services,ingresses,rollouts"
    return set(platform.kubectl("uaenorth", "get", kinds, "-n", "team-fraud", "-o", "name").out.split())


def _end_half_way(platform: RunningPlatform, end: Callable[[subprocess.Popen[bytes]], object]) -> None:
    """Begin an update and end the engine, or what it works on, once it has made an object."""
    before = _objects(platform)
    update = subprocess.Popen(
        UP,
        cwd=CHECKOUT,
        env=platform.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    eventually(lambda: _objects(platform) - before, "the update has begun to create")
    end(update)
    update.wait(timeout=240)


def _up_whose_provider_dies(platform: RunningPlatform, module: str, once: str) -> Outcome:
    """Run `headgate up` and send SIGKILL to its provider as soon as there is one and an object exists."""
    with subprocess.Popen(
        [*HEADGATE, "up", "--yes", "-s", TEAM],
        cwd=CHECKOUT,
        env=platform.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as update:
        eventually(
            lambda: _ended(update) or (_made(platform, once) and _providers(update.pid, module)),
            f"{module} is at work",
            180,
        )
        providers = _providers(update.pid, module)
        for pid in providers:
            os.kill(pid, signal.SIGKILL)
        output = update.communicate(timeout=180)[0]
    assert providers, f"the update ended before its provider was met:\n{output}"
    return Outcome(update.returncode, output, "")


def _made(platform: RunningPlatform, what: str) -> bool:
    return platform.kubectl("uaenorth", "get", what, "-n", "team-fraud").code == 0


def _ended(update: subprocess.Popen[str]) -> bool:
    return update.poll() is not None


def _providers(engine: int, module: str) -> list[int]:
    """Return the provider's processes of one engine; those of other updates are left alone."""
    return [pid for pid in _descendants(engine) if module in _arguments(pid)]


def _descendants(ancestor: int) -> set[int]:
    """Return the processes below one: what a shim started counts too."""
    parents = _parents()
    found = {ancestor}
    while below := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= below
    return found - {ancestor}


def _parents() -> dict[int, int]:
    """Return the parent of every process."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = status.read_text().rpartition(")")
        except OSError:
            continue
        found[int(head.partition(" (")[0])] = int(tail.split()[1])
    return found


def _arguments(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []
