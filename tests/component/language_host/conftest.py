"""Programs, packs and plugins of a few lines, run by the real Pulumi CLI through the language host."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from headgate.engine.environment import child_environment, prepare
from headgate.engine.scratch import SANDBOX_SALT
from headgate.sandbox.layout import StateDir
from headgate.sandbox.toolchain import tool_path


@dataclass(frozen=True)
class Workspace:
    """A project directory and the environment of its CLI."""

    root: Path
    environment: dict[str, str]

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the CLI to its end."""
        return subprocess.run(
            [tool_path("pulumi"), "--non-interactive", "--color=never", *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Lay out a project `trial` with one stack."""
    state = StateDir(tmp_path / "state")
    made = Workspace(tmp_path / "project", child_environment(prepare(state, project=tmp_path), os.environ))
    made.write("Pulumi.yaml", "name: trial\nruntime: python\n")
    made.write("Pulumi.dev.yaml", f"encryptionsalt: {SANDBOX_SALT}\n")
    made.write("__main__.py", "")
    assert made.pulumi("stack", "init", "dev").returncode == 0
    return made
