"""A copy of the project, in which tests change stack files."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.simulated_facts import models_of, simulated_facts

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Copy the project into a repository of its own, with one commit."""
    copy = tmp_path / "project"
    for name in ("infra", "components", "stacks", "policies"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Pulumi.yaml", copy)
    (copy / ".gitignore").write_text(".venv\n__pycache__/\n")
    (copy / ".venv").symlink_to(ROOT / ".venv")
    git = ["git", "-C", str(copy), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "a"]):
        subprocess.run([*git, *arguments], check=True)
    return copy


@pytest.fixture
def simulated(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a check of fraud-prod, with simulated facts: no registry here holds its model."""
    facts = simulated_facts(tmp_path, "prod", models_of("fraud-prod", ROOT / "stacks"))
    return {**os.environ, "HEADGATE_LEDGER": str(tmp_path / "ledger"), **facts}
