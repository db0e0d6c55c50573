"""Gate U compares with what was: under the real engine, which tells its pack nothing of the old state."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from headgate.engine import environment
from headgate.engine.scratch import Scratch
from headgate.policy.bundle import CHECKOUT
from headgate.sandbox.toolchain import tool_path

pytestmark = pytest.mark.component

STACK = "platform-sandbox"
TOKEN = "azure-native:operationalinsights:Workspace"
PROGRAM = """
import json, os, pulumi

pulumi.CustomResource("azure-native:operationalinsights:Workspace", "logs", json.loads(os.environ["WORKSPACE"]))
"""


def workspace(days: int) -> dict[str, Any]:
    """Return the audit workspace of a sandbox, which has to remember for 30 days at least."""
    place = {"location": "uaenorth", "resourceGroupName": "rg-headgate"}
    return {"workspaceName": "log-headgate-sandbox", "retentionInDays": days, "sku": {"name": "PerGB2018"}, **place}


def state(days: int) -> dict[str, Any]:
    """Return the deployment of a stack that has the workspace."""
    urn = f"urn:pulumi:{STACK}::headgate::"
    root, provider = f"{urn}pulumi:pulumi:Stack::headgate-{STACK}", f"{urn}pulumi:providers:azure-native::default"
    made = {"custom": True, "id": "logs", "inputs": workspace(days), "outputs": workspace(days), "parent": root}
    resources = [
        {"urn": root, "custom": False, "type": "pulumi:pulumi:Stack"},
        {"urn": provider, "custom": True, "id": "p", "type": "pulumi:providers:azure-native"},
        {"urn": f"{urn}{TOKEN}::logs", "type": TOKEN, "provider": f"{provider}::p", **made},
    ]
    return {"manifest": {}, "resources": resources}


def test_a_period_that_is_made_shorter_is_refused_at_the_update(tmp_path: Path) -> None:
    """Though it is long enough for the environment; one that is made longer is let through."""
    (tmp_path / "Pulumi.yaml").write_text("name: headgate\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    scratch = Scratch(tmp_path, "headgate")
    scratch.write_state(STACK, state(180))
    known = {**environment.plan_only_variables(), **scratch.variables(), "HEADGATE_PLAN_ONLY": "1"}
    known["HEADGATE_LEDGER"] = str(tmp_path / "ledger")
    said = {}
    for days in (120, 365):
        more = {"WORKSPACE": json.dumps(workspace(days))}
        pack = str(CHECKOUT / "policies" / "pack")
        command = [str(tool_path("pulumi")), "preview", "--stack", STACK, "--color", "never", "--policy-pack", pack]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment.child_environment({**known, **more}),
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        said[days] = (done.returncode != 0, done.stdout + done.stderr)

    refusal = "the audit workspace forgets after 120 days: it was to remember for 180, and no period is made shorter"
    assert (said[120][0], refusal in said[120][1]) == (True, True), said[120][1]
    assert "HG-AU-002" not in said[365][1], said[365][1]
