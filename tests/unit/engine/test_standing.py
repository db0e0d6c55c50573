"""When a stack need not be deployed again."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headgate.engine import projects
from headgate.engine.standing import Standing
from headgate.sandbox.layout import StateDir

pytestmark = pytest.mark.unit

STACK = "fraud-sandbox"
# No process can have it: the kernel's limit is 2^22.
NOBODY = 2**22 + 1


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a program and a stack file."""
    folder = tmp_path / "project"
    for path, text in {
        "Pulumi.yaml": "name: headgate\nstackConfigDir: stacks\n",
        "infra/__main__.py": "",
        f"stacks/Pulumi.{STACK}.yaml": "config: {}\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def state(tmp_path: Path, project: Path) -> StateDir:
    """Return a state directory in which the stack was deployed."""
    state = StateDir(tmp_path / "state").ensure()
    kept = projects.stack_state(state, projects.read(project), STACK)
    kept.parent.mkdir(parents=True)
    kept.write_text("{}")
    return state


def test_what_nobody_touched_stands(state: StateDir, project: Path) -> None:
    """After an update has left its mark, and not before."""
    standing = Standing(state, STACK, project)
    before = standing.holds()
    standing.keep()

    assert (before, standing.holds()) == (False, True)


@pytest.mark.parametrize("changed", ["infra/__main__.py", f"stacks/Pulumi.{STACK}.yaml", "components/new.py"])
def test_a_changed_source_is_deployed(state: StateDir, project: Path, changed: str) -> None:
    """The program, the settings, and files that were not there."""
    standing = Standing(state, STACK, project)
    standing.keep()
    (project / changed).parent.mkdir(exist_ok=True)
    (project / changed).write_text("more = 1\n")

    assert not standing.holds()


def test_a_lock_that_was_left_is_not_passed_over(state: StateDir, project: Path) -> None:
    """An update that was killed before it changed anything left the state as it was, and Pulumi refuses the next."""
    standing = Standing(state, STACK, project)
    standing.keep()
    lock = {"pid": NOBODY, "username": "me", "hostname": socket.gethostname(), "timestamp": str(datetime.now(UTC))}
    folder = state.pulumi_backend / ".pulumi" / "locks" / "organization" / "headgate" / STACK
    folder.mkdir(parents=True)
    (folder / "left.json").write_text(json.dumps(lock))

    assert not standing.holds()
