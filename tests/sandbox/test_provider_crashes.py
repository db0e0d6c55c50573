"""kill -9 of a provider in the middle of `pulumi up`: the engine says so, and the next update completes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from running_platform import CHECKOUT, RunningPlatform, eventually

pytestmark = pytest.mark.sandbox

STACK = "fraud-sandbox"


def test_a_killed_kubernetes_provider_is_told_and_the_next_up_completes(platform: RunningPlatform) -> None:
    """What it had created is taken over and not created twice; what it had not is created."""
    _without_the_team(platform)

    killed = _up_whose_provider_dies(
        platform,
        "headgate.sandbox.providers.kubernetes",
        once=lambda: platform.kubectl("uaenorth", "get", "namespace", "team-fraud").code == 0,
    )

    assert killed.returncode != 0
    _is_completed(platform, killed.stdout)


def _without_the_team(platform: RunningPlatform) -> None:
    """Begin from a team that has nothing, so that the update has much to do."""
    gone = platform.pulumi("destroy", "--yes", "--skip-preview", "-s", STACK)
    assert gone.code == 0, gone.text


def _up_whose_provider_dies(
    platform: RunningPlatform, module: str, once: Callable[[], bool]
) -> subprocess.CompletedProcess[str]:
    """Run plain `pulumi up` and send SIGKILL to its provider as soon as there is one and `once` holds."""
    command = ["pulumi", "--non-interactive", "up", "--yes", "--skip-preview", "-s", STACK]
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=platform.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as update:
        eventually(lambda: _ended(update) or (once() and _providers(update.pid, module)), f"{module} is at work", 180)
        providers = _providers(update.pid, module)
        for pid in providers:
            os.kill(pid, signal.SIGKILL)
        output = update.communicate(timeout=180)[0]
    assert providers, f"the update ended before its provider was met:\n{output}"
    return subprocess.CompletedProcess(command, update.returncode, output)


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


def _is_completed(platform: RunningPlatform, told: str) -> None:
    """No traceback was shown; the documented command completes the update, and nothing is left to change."""
    assert "Traceback" not in told, told

    completed = platform.headgate("up", "--yes", "-s", STACK)
    again = platform.pulumi("preview", "--expect-no-changes", "-s", STACK)

    assert completed.code == 0, completed.text
    assert again.code == 0, again.text
    assert platform.headgate("tour", "up", "--json").json()["request"]["ok"]
