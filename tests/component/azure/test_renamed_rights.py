"""A right that gets another name, by the real engine: Azure refuses the same right twice, so it stays what it is."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from headgate.engine.environment import child_environment, prepare
from headgate.engine.scratch import SANDBOX_SALT
from headgate.sandbox.layout import CHECKOUT
from headgate.sandbox.toolchain import tool_path
from tests.component.azure.conftest import AzureProcess

pytestmark = pytest.mark.component

PROGRAM = f"""
import json, pathlib, sys
sys.path.insert(0, {str(CHECKOUT)!r})
import pulumi
from pulumi_azure_native import managedidentity, resources
from components.catalog import TeamAccess

named = json.loads(pathlib.Path(__file__).with_name("named.json").read_text())
group = resources.ResourceGroup("group", resource_group_name="rg-data", location="uaenorth")
store = managedidentity.UserAssignedIdentity(
    "store", resource_name_="store", resource_group_name=group.name, location="uaenorth"
)
reader, person = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "11111111-0000-4000-8000-000000000001"
TeamAccess("access", {{
    "ownership": {{
        "team": "fraud", "owner": "fraud", "environment": "dev", "cost_center": "ml", "data_class": "internal",
        "commit": "0123abc", "change": "CHG-7",
    }},
    "region": "uaenorth",
    "cluster_id": store.id,
    "issuer": "https://issuer.example/1/",
    "protect": False,
    "rights": [{{**named["right"], "role": reader, "scope": store.id}}],
    "guarding": {{"grants": [{{**named["grant"], "role": "Reader", "principal_id": person}}]}},
}})
"""


class Project:
    """A stack of one program, deployed to an Azure."""

    def __init__(self, root: Path, azure: AzureProcess) -> None:
        """Lay it out."""
        self._root = root
        self._environment = child_environment(prepare(azure.state, project=root.parent), os.environ)
        root.mkdir()
        (root / "Pulumi.yaml").write_text("name: trial\nruntime: python\n")
        (root / "Pulumi.dev.yaml").write_text(f"encryptionsalt: {SANDBOX_SALT}\n")
        (root / "__main__.py").write_text(PROGRAM)
        self.run("stack", "init", "dev")

    def run(self, *arguments: str) -> str:
        """Run the CLI to its end."""
        done = subprocess.run(
            [tool_path("pulumi"), "--non-interactive", "--color=never", *arguments],
            cwd=self._root,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def deployed(self, right: dict[str, Any], grant: dict[str, Any]) -> dict[str, str]:
        """Deploy with these names; return the id of each right by its logical name."""
        (self._root / "named.json").write_text(json.dumps({"right": right, "grant": grant}))
        self.run("up", "--yes", "--skip-preview", "-s", "dev")
        state = json.loads(self.run("stack", "export", "-s", "dev"))
        return {
            each["urn"].rpartition("::")[2]: each["id"]
            for each in state["deployment"]["resources"]
            if each["type"].endswith(":RoleAssignment")
        }


def test_a_right_keeps_its_id_under_another_name(azure: AzureProcess, tmp_path: Path) -> None:
    """Once, and again; a right of the team's identity, and one on it."""
    project = Project(tmp_path / "project", azure)

    first = project.deployed({"purpose": "read"}, {"name": "look"})
    second = project.deployed({"purpose": "see", "formerly": ["read"]}, {"name": "watch", "formerly": ["look"]})
    third = project.deployed(
        {"purpose": "learn", "formerly": ["read", "see"]}, {"name": "inspect", "formerly": ["look", "watch"]}
    )

    assert first.keys() == {"access-read-grant", "access-identity-look-grant"}
    assert third.keys() == {"access-learn-grant", "access-identity-inspect-grant"}
    assert sorted(first.values()) == sorted(second.values()) == sorted(third.values())
