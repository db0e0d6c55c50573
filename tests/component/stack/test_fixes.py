"""`headgate check --fix --write`: the patch is what is written, and what was written is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.component

FILE = "stacks/Pulumi.fraud-prod.yaml"
OLD, BROKEN, MENDED = (
    f"replicas: {bounds}" for bounds in ("{min: 3, max: 12}", "{min: 1,   max: 900} # ü", "{min: 2,   max: 50} # ü")
)


def check(project: Path, simulated: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command over the team's stack."""
    return subprocess.run(
        [sys.executable, "-m", "headgate.cli.main", "check", "--stack", "fraud-prod", *arguments],
        cwd=project,
        env=simulated,
        capture_output=True,
        timeout=500,
        check=False,
    )


def test_the_patch_is_what_is_written_and_what_is_written_is_clean(project: Path, simulated: dict[str, str]) -> None:
    """Several settings at once, in a file with the line ends of Windows and none at its end; nobody else's file."""
    stack = project / FILE
    text = stack.read_text() + "    quota: {gpus: 12}"
    assert OLD in text
    broken = text.replace(OLD, BROKEN).replace("\n", "\r\n").encode()
    stack.write_bytes(broken)

    written = check(project, simulated, "--fix", "--write", "--json")
    report: dict[str, Any] = json.loads(written.stdout)
    mended = broken.replace(BROKEN.encode(), MENDED.encode()).replace(b"gpus: 12", b"gpus: 8")
    assert (written.returncode, report["verdict"], stack.read_bytes()) == (0, "pass", mended), written.stderr
    fixes = report["fixes"]
    assert (fixes["written"], fixes["left"], fixes["by_hand"]) == (True, [], [])
    assert {each["setting"]: (each["before"], each["after"]) for each in fixes["edits"]} == {
        "models[0].replicas.max": (900, 50),
        "models[0].replicas.min": (1, 2),
        "quota.gpus": (12, 8),
    }

    stack.write_bytes(broken)
    subprocess.run(["git", "apply", "-"], input=fixes["patch"].encode(), cwd=project, check=True)
    assert stack.read_bytes() == mended
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True, check=True)
    assert changed.stdout == f" M {FILE}\n"
