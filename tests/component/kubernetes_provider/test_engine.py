"""The official SDK and the real Pulumi engine on the stand-in: up, no changes, drift, replacement, destroy.

Every change tries the same with the platform's own program (`tests/sandbox/test_changes.py`, `test_zz_destroy.py`).
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from headgate.engine.environment import SANDBOX_PASSPHRASE, child_environment, prepare
from headgate.sandbox.layout import StateDir
from headgate.sandbox.toolchain import tool_path

pytestmark = [pytest.mark.component, pytest.mark.stress]

PROGRAM = """
import json, pathlib
import pulumi
import pulumi_kubernetes as k8s

here = pathlib.Path(__file__).parent
wanted = json.loads((here / "wanted.json").read_text())
provider = k8s.Provider("region", kubeconfig=pulumi.Output.secret((here / "kubeconfig").read_text()))
opts = pulumi.ResourceOptions(provider=provider)
space = k8s.core.v1.Namespace("space", metadata={"name": wanted["namespace"]}, opts=opts)
token = k8s.core.v1.Secret(
    "token",
    metadata={"name": "token", "namespace": space.metadata.name},
    string_data={"token": pulumi.Output.secret("hunter22")},
    opts=opts,
)
labels = {"app": "web"}
web = k8s.apps.v1.Deployment(
    "web",
    metadata={"name": "web", "namespace": space.metadata.name},
    spec={
        "replicas": wanted["replicas"],
        "selector": {"match_labels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "web", "image": "test/web", "resources": {"requests": {"cpu": "0.1"}}}]},
        },
    },
    opts=opts,
)
service = k8s.core.v1.Service(
    "web",
    metadata={"name": "web", "namespace": space.metadata.name},
    spec={"selector": labels, "ports": [{"port": 80, "target_port": "http"}]},
    opts=opts,
)
pulumi.export("ip", service.spec.cluster_ip)
pulumi.export("uid", web.metadata.uid)
pulumi.export("token", token.data)
"""


class Project:
    """A Pulumi project in a directory of its own."""

    def __init__(self, directory: Path, state: StateDir, kubeconfig: str, namespace: str) -> None:
        """Write the program and make the stack."""
        self.directory, self._namespace = directory, namespace
        (directory / "Pulumi.yaml").write_text("name: trial\nruntime: python\n")
        (directory / "__main__.py").write_text(PROGRAM)
        (directory / "kubeconfig").write_text(kubeconfig)
        self._environment = child_environment(prepare(state, project=directory))
        self._environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        self._environment["PULUMI_CONFIG_PASSPHRASE"] = SANDBOX_PASSPHRASE
        self.want(replicas=1)
        self.run("stack", "init", "test")

    def want(self, replicas: int) -> None:
        """Set what the program asks for."""
        (self.directory / "wanted.json").write_text(json.dumps({"namespace": self._namespace, "replicas": replicas}))

    def run(self, *arguments: str) -> str:
        """Run the CLI and return what it printed; a failure shows it."""
        done = subprocess.run(
            [str(tool_path("pulumi")), *arguments, "--non-interactive"],
            cwd=self.directory,
            env={**os.environ, **self._environment},
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs."""
        found: dict[str, Any] = json.loads(self.run("stack", "output", "--json"))
        return found


def test_a_stack_lives_through_the_real_engine(cluster: Any, sandbox: StateDir, tmp_path: Path) -> None:
    """Up, no changes, an update in place, drift that is undone, secrets in state, destroy: all by the official SDK."""
    name = "t-engine"
    project = Project(tmp_path, sandbox, cluster.kubeconfig, name)

    project.run("up", "--yes", "--skip-preview")
    first = project.outputs()
    assert first["ip"].startswith("10.96.")
    project.run("preview", "--expect-no-changes")

    project.want(replicas=2)
    project.run("up", "--yes", "--skip-preview")
    assert project.outputs() == first
    assert cluster.client.get("apps/v1", "Deployment", "web", name)["status"]["availableReplicas"] == 2

    cluster.client.delete("apps/v1", "Deployment", "web", name)
    project.run("up", "--yes", "--refresh", "--skip-preview")
    assert cluster.client.get("apps/v1", "Deployment", "web", name)["status"]["availableReplicas"] == 2
    assert project.outputs()["uid"] != first["uid"]
    project.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")

    exported = project.run("stack", "export")
    assert "hunter22" not in exported
    assert "aHVudGVyMjI=" not in exported

    project.run("destroy", "--yes", "--skip-preview")
    assert [item["metadata"]["name"] for item in cluster.client.list("v1", "Namespace")["items"]].count(name) == 0
