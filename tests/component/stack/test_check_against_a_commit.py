"""A stack against the target branch: previewed as it was then and as it is now, by one set of rules."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.component

FILE = "stacks/Pulumi.fraud-prod.yaml"


def test_only_what_the_change_makes_worse_blocks_and_its_line_is_named(
    project: Path, simulated: dict[str, str]
) -> None:
    """More replicas than the environment takes: the line in the team's file, what changes, and what it costs."""
    stack = project / FILE
    text = stack.read_text()
    assert "replicas: {min: 3, max: 12}" in text
    stack.write_text(text.replace("replicas: {min: 3, max: 12}", "replicas: {min: 3, max: 900}"))
    line = text[: text.index("replicas: {min: 3")].count("\n") + 1
    done = subprocess.run(
        [sys.executable, "-m", "headgate.cli.main", "check", "--stack", "fraud-prod", "--baseline", "HEAD", "--json"],
        cwd=project,
        env=simulated,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    new = [
        (each["rule"], item["source"])
        for each in report["results"]
        for item in each["violations"]
        if each["blocking"] and not item["known"]
    ]
    costs = report["cost"]["monthly"]

    assert (set(new), report["baseline"], {each["operation"] for each in report["changes"]}) == (
        {("HG-SV-006", f"{FILE}:{line}")},
        "HEAD",
        {"update"},
    )
    assert {each["resource"].rpartition("::")[2] for each in report["changes"]} == {
        "fraud-score-uaecentral-autoscaler",
        "fraud-score-uaenorth-autoscaler",
    }
    assert costs["after"]["max"] > costs["before"]["max"]
