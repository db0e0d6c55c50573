"""kill -9 of a provider while the engine lives on: the update fails with its cause, and the next one completes.

Every change tries one such death on the whole platform (`tests/sandbox/test_crashes.py`); here is every instant.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from headgate.engine import projects

from .conftest import STACK, Trial, children_of, wait_for

pytestmark = [pytest.mark.component, pytest.mark.stress]


def kill_provider_at(trial: Trial, point: str) -> int:
    """Run `up` until its provider halts at a point, kill the provider alone, and return how the update ended."""
    trial.halt(point)
    with trial.start_up() as process:
        wait_for((trial.objects / "reached").exists)
        for cli in children_of(process.pid, "pulumi"):
            for pid in provider_processes(cli):
                os.kill(pid, signal.SIGKILL)
        code = process.wait(timeout=60)
    trial.go_on()
    return code


def provider_processes(cli: int) -> list[int]:
    """Return the trial providers below a CLI."""
    pids = [pid for name in ("python", "python3") for pid in children_of(cli, name)]
    return [pid for pid in pids if b"trial_kubernetes" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def known(trial: Trial) -> dict[str, str]:
    """Return name → value of what the state holds."""
    content = json.loads(projects.stack_state(trial.state, projects.read(trial.project), STACK).read_text())
    return {
        each["urn"].rpartition("::")[2]: each["outputs"]["data"]["value"]
        for each in content["checkpoint"]["latest"]["resources"]
        if each["type"].startswith("kubernetes:")
    }


@pytest.mark.parametrize(
    "point", ["before-create", "after-create", "before-update", "after-update", "before-delete", "after-delete"]
)
def test_the_next_up_completes_what_a_killed_provider_left(request: pytest.FixtureRequest, point: str) -> None:
    """On either side of an operation's effect: nothing is made twice, nothing is lost, nothing is left to do."""
    trial: Trial = request.getfixturevalue("trial" if "create" in point else "deployed")
    if "create" in point:
        trial.want(a="1")
    else:
        trial.want(**({"a": "2", "b": "1"} if "update" in point else {"b": "1"}))
    wanted = json.loads((trial.project / "wanted.json").read_text())

    assert kill_provider_at(trial, point) != 0
    trial.deploy()

    assert (trial.existing(), known(trial)) == (sorted(wanted), wanted)
    assert set(trial.deploy().changes) == {"same"}
