"""A right that gets another name, by the real engine: Azure refuses the same right twice, so it stays what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headgate.sandbox.layout import CHECKOUT
from tests.component.azure.conftest import AzureProcess, Project

pytestmark = pytest.mark.component

PROGRAM = f"""
import json, pathlib, sys
sys.path.insert(0, {str(CHECKOUT)!r})
import pulumi
from pulumi_azure_native import managedidentity, resources
from components.catalog import TeamAccess

named = json.loads(pathlib.Path(__file__).with_name("asked.json").read_text())
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


def deployed(project: Project, right: dict[str, Any], grant: dict[str, Any]) -> dict[str, str]:
    """Deploy with these names; return the id of each right by its logical name."""
    state = project.deployed({"right": right, "grant": grant})
    return {each["urn"].rpartition("::")[2]: each["id"] for each in state if each["type"].endswith(":RoleAssignment")}


def test_a_right_keeps_its_id_under_another_name(azure: AzureProcess, tmp_path: Path) -> None:
    """Once, and again; a right of the team's identity, and one on it."""
    project = Project(tmp_path / "project", azure, PROGRAM)

    first = deployed(project, {"purpose": "read"}, {"name": "look"})
    second = deployed(project, {"purpose": "see", "formerly": ["read"]}, {"name": "watch", "formerly": ["look"]})
    third = deployed(
        project, {"purpose": "learn", "formerly": ["read", "see"]}, {"name": "inspect", "formerly": ["look", "watch"]}
    )

    assert first.keys() == {"access-read-grant", "access-identity-look-grant"}
    assert third.keys() == {"access-learn-grant", "access-identity-inspect-grant"}
    assert sorted(first.values()) == sorted(second.values()) == sorted(third.values())
