"""`headgate check --fix`: what is printed is what is written, and what was written is judged."""

from __future__ import annotations

import json
import os
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


def check(project: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command over the team's stack."""
    return subprocess.run(
        [sys.executable, "-m", "headgate.cli.main", "check", "--stack", "fraud-prod", *arguments],
        cwd=project,
        env={**os.environ, "HEADGATE_LEDGER": str(project.parent / "ledger")},
        capture_output=True,
        timeout=500,
        check=False,
    )


def test_what_is_printed_is_what_is_written_and_what_is_written_is_clean(project: Path) -> None:
    """Several settings at once, in a file with the line ends of Windows and none at its end; nobody else's file."""
    stack = project / FILE
    text = stack.read_text() + "    quota: {gpus: 12}"
    assert OLD in text
    broken = text.replace(OLD, BROKEN).replace("\n", "\r\n").encode()
    stack.write_bytes(broken)

    printed = check(project, "--fix")
    assert (printed.returncode, stack.read_bytes()) == (1, broken), printed.stderr
    patch = printed.stdout[printed.stdout.index(b"--- a/") : printed.stdout.rindex(b"3 settings of")]
    subprocess.run(["git", "apply", "-"], input=patch, cwd=project, check=True)
    mended = broken.replace(BROKEN.encode(), MENDED.encode()).replace(b"gpus: 12", b"gpus: 8")
    assert stack.read_bytes() == mended
    stack.write_bytes(broken)

    written = check(project, "--fix", "--write", "--json")
    report: dict[str, Any] = json.loads(written.stdout)
    assert (written.returncode, report["verdict"], stack.read_bytes()) == (0, "pass", mended), written.stderr
    fixes = report["fixes"]
    assert (fixes["written"], fixes["left"], fixes["by_hand"], fixes["patch"]) == (True, [], [], patch.decode())
    assert {each["setting"]: (each["before"], each["after"]) for each in fixes["edits"]} == {
        "models[0].replicas.max": (900, 50),
        "models[0].replicas.min": (1, 2),
        "quota.gpus": (12, 8),
    }

    changed = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True, check=True)
    assert changed.stdout == f" M {FILE}\n"
