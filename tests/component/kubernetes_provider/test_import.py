"""An object that somebody made by hand comes under a protected stack's control: foreseen, approved by two, taken in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headgate import engine
from headgate.audit import LedgerReader
from headgate.engine.scratch import SANDBOX_SALT
from headgate.sandbox.layout import StateDir
from tests.component.engine.conftest import AT_ONCE, STACK, Trial, protect

pytestmark = pytest.mark.component

PROGRAM = """
import json, pathlib
import pulumi
import pulumi_kubernetes as k8s

here = pathlib.Path(__file__).parent
region = k8s.Provider("region", kubeconfig=pulumi.Output.secret((here / "kubeconfig").read_text()))
opts = pulumi.ResourceOptions(provider=region, protect=True)
for name, value in json.loads((here.parent / "wanted.json").read_text()).items():
    k8s.core.v1.ConfigMap(name, metadata={"name": name, "namespace": "default"}, data={"value": value}, opts=opts)
"""
REGION = f"urn:pulumi:{STACK}::headgate::pulumi:providers:kubernetes::region"
BY_HAND = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "by-hand", "namespace": "default"}}


@pytest.fixture
def trial(cluster: Any, sandbox: StateDir, tmp_path: Path) -> Trial:
    """Deploy a stack that has a cluster's provider and nothing else; the object is there, and no state knows it."""
    project = tmp_path / "project"
    for folder in ("infra", "stacks"):
        (project / folder).mkdir(parents=True)
    (project / "Pulumi.yaml").write_text("name: headgate\nruntime: python\nmain: infra/\nstackConfigDir: stacks\n")
    (project / "stacks" / f"Pulumi.{STACK}.yaml").write_text(f"encryptionsalt: {SANDBOX_SALT}\n")
    (project / "infra" / "__main__.py").write_text(PROGRAM)
    (project / "infra" / "kubeconfig").write_text(cluster.kubeconfig)
    made = Trial(project, sandbox, tmp_path)
    made.want()
    engine.up(STACK, project=project, state=sandbox, arguments=AT_ONCE)
    path = cluster.client.path("v1", "ConfigMap", "default")
    cluster.client.request("POST", path, body={**BY_HAND, "data": {"value": "7"}})
    return made


def test_what_was_made_by_hand_is_taken_in_as_approved_and_then_nothing_differs(
    trial: Trial, cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without approvals 3 and an unchanged state; with two it is imported, recorded, and what the program asks for."""
    protected = protect(trial, tmp_path, monkeypatch)
    request = ("import", "kubernetes:core/v1:ConfigMap", "by-hand", "default/by-hand", "-s", STACK)
    line = (*request, "--provider", REGION)
    before = cluster.client.get("v1", "ConfigMap", "by-hand", "default")

    early, error = protected.run(*line)
    own, _ = protected.approve("dina")
    protected.approve("amina")
    protected.approve("badr")
    other, another = protected.run(*request[:2], "other", *request[3:], "--provider", REGION)
    code, taken = protected.run(*line)

    assert (early, error.what, own) == (3, "the import is not approved, so nothing was done", 2)
    assert (other, another.what) == (3, "the import is not approved, so nothing was done")
    assert (code, taken["changes"]["import"]) == (0, 1)
    assert cluster.client.get("v1", "ConfigMap", "by-hand", "default") == before
    trial.want(**{"by-hand": "7"})
    shown = protected.pulumi("preview", "--expect-no-changes")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    entries = [json.loads(content) for _, content in LedgerReader(tmp_path / "ledger").entries()]
    assert [each["data"]["action"] for each in entries if each["kind"] == "deployment"] == ["import"]
