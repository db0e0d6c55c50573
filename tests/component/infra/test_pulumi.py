"""The program under the real Pulumi engine: `pulumi config`, and a stack file that can't be read."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.engine.environment import child_environment, prepare
from headgate.engine.preview import preview
from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.toolchain import tool_path
from headgate.stack import load_stack
from headgate.stack.explain import explain

pytestmark = pytest.mark.component

ROOT = Path(__file__).resolve().parents[3]
Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy the project, so that stack files can be changed."""
    copy = tmp_path / "project"
    copy.mkdir()
    for name in ("Pulumi.yaml", "infra", "components", "headgate", "stacks", "policies"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


@pytest.fixture
def pulumi(tmp_path: Path, project: Path) -> Cli:
    """Return a function that runs plain `pulumi` in the copy."""
    environment = child_environment(prepare(StateDir(tmp_path / "state"), project=tmp_path), os.environ)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [tool_path("pulumi"), "--non-interactive", "--color=never", *arguments],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
        )

    return run


def test_pulumi_config_set_writes_what_headgate_reads(pulumi: Cli, project: Path) -> None:
    """The value is a number, the comment at the top stays, and `explain` names its line."""
    assert pulumi("stack", "init", "fraud-sandbox").returncode == 0
    done = pulumi(
        "config", "set", "-s", "fraud-sandbox", "--path", "headgate:team.models[0].replicas.max", "9"
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    text = (project / "stacks/Pulumi.fraud-sandbox.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=stack.schema.json"
    (row,) = explain(load_stack("fraud-sandbox", project / "stacks"), "models[0].replicas.max")
    assert row.value == 9
    assert "max: 9" in text.splitlines()[int(row.origin.rpartition(":")[2]) - 1]


def test_a_bad_stack_file_stops_the_program_without_a_traceback(project: Path) -> None:
    """The message is the loader's: file, line, what was meant."""
    path = project / "stacks/Pulumi.fraud-sandbox.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("    owner:", "    ownr:"), encoding="utf-8")

    with pytest.raises(HeadgateError) as caught, preview("fraud-sandbox", project=project):
        pass

    text = str(caught.value)
    assert "stacks/Pulumi.fraud-sandbox.yaml:7: unknown key `ownr`" in text
    assert "did you mean `owner`?" in text
    assert "Traceback" not in text
