"""Gate U: an update of production under the real engine, in a shell whose ledger nobody else reads."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from headgate.engine import environment
from headgate.engine.scratch import Scratch
from headgate.policy.bundle import CHECKOUT
from headgate.sandbox.toolchain import tool_path

pytestmark = pytest.mark.component
STACK = "fraud-prod"


def test_an_update_of_production_that_nobody_else_would_read_of_is_refused(tmp_path: Path) -> None:
    """Before anything is made, with what to set; a folder that no writer holds is no shared ledger."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: headgate\nruntime: python\n")
    (project / "__main__.py").write_text("import pulumi\npulumi.export('made', 'yes')\n")
    scratch = Scratch(tmp_path, "headgate")
    scratch.write_state(STACK, None)
    variables = {**environment.plan_only_variables(), **scratch.variables(), "HEADGATE_LEDGER": str(tmp_path / "own")}
    pack = CHECKOUT / "policies" / "pack"

    done = subprocess.run(
        [
            *(str(tool_path("pulumi")), "up", "--stack", STACK, "--color", "never", "--yes", "--skip-preview"),
            *("--policy-pack", str(pack)),
        ],
        cwd=project,
        env=environment.child_environment(variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    output = done.stdout + done.stderr

    assert (done.returncode != 0, "an update of production must be in a ledger that others read" in output) == (
        True,
        True,
    ), output
    assert "HEADGATE_AUDIT_URL is not set" in output
    assert f"HEADGATE_LEDGER names {tmp_path / 'own'}, which no writer holds" in output
