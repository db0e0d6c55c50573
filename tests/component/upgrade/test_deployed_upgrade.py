"""An upgrade on a platform: what the last release's snapshot consists of is deployed, then this tree's stacks over it.

Beside it, `test_upgrade.py` plans the same within seconds. Here clouds and clusters answer: what they would refuse to
change, or a plan takes for an update and is none.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from release_snapshot import SNAPSHOTS, STACKS, releases
from running_platform import RunningPlatform

from headgate import engine
from headgate.engine import projects
from headgate.sandbox.layout import CHECKOUT, StateDir

pytestmark = [pytest.mark.component, pytest.mark.stress]

LAST = SNAPSHOTS / releases()[-1]
PROGRAM = CHECKOUT / "tests/support/release_program.py"
AT_ONCE = ("--skip-preview",)


@pytest.fixture
def platform() -> Iterator[RunningPlatform]:
    """Return a sandbox in which nothing is deployed."""
    # Short on purpose: unix sockets live in it.
    state = Path(tempfile.mkdtemp(prefix="hg-", dir="/tmp"))
    running = RunningPlatform(state)
    up = running.headgate("sandbox", "up", timeout=900)
    try:
        assert up.code == 0, up.text
        yield running
    finally:
        down = running.headgate("sandbox", "down")
        shutil.rmtree(state, ignore_errors=True)
    assert down.code == 0, down.text


def release_project(folder: Path) -> Path:
    """Lay out a project of the same name and stacks, whose program is the release's snapshot."""
    (folder / "infra").mkdir(parents=True)
    (folder / "stacks").mkdir()
    shutil.copy(PROGRAM, folder / "infra" / "__main__.py")
    (folder / "Pulumi.yaml").write_text("name: headgate\nruntime: python\nmain: infra/\nstackConfigDir: stacks\n")
    for stack in STACKS:
        shutil.copy(CHECKOUT / f"stacks/Pulumi.{stack}.yaml", folder / "stacks")
    return folder


def standing(state: StateDir, stack: str) -> dict[str, str]:
    """Return when each real resource was made, by its name; an update in place leaves that as it was."""
    kept = projects.stack_state(state, projects.read(CHECKOUT), stack)
    rows: list[dict[str, Any]] = json.loads(kept.read_text())["checkpoint"]["latest"]["resources"]
    real = [each for each in rows if each["custom"] and not each["type"].startswith("pulumi:")]
    assert [each["urn"] for each in real if each.get("delete")] == []
    return {each["urn"].rpartition("::")[2]: each["created"] for each in real}


def intended(stack: str) -> set[str]:
    """Return what is made anew or taken away on purpose since the release."""
    path = LAST / "intended.yaml"
    rows = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.is_file() else {}
    return set(rows.get(stack, {}))


def test_what_the_last_release_deployed_is_taken_over_where_it_stands(
    platform: RunningPlatform, tmp_path: Path
) -> None:
    """Two regions, registry, edge, tenancies and a model: nothing is made anew or goes but what is written down."""
    state, project = StateDir(platform.state), release_project(tmp_path / "release")
    for stack in STACKS:
        more = {"RELEASE_STATE": str(LAST / f"{stack}.json")}
        engine.up(stack, project=project, state=state, arguments=AT_ONCE, more=more)
    before = {stack: standing(state, stack) for stack in STACKS}

    up = platform.headgate("tour", "up", timeout=900)
    after = {stack: standing(state, stack) for stack in STACKS}

    assert up.code == 0, up.text
    for stack in STACKS:
        anew = {name for name, made in before[stack].items() if after[stack].get(name) != made}
        assert anew == intended(stack)
