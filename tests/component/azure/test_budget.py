"""A platform's budget through the months, by the real engine: what is approved in one is applied in the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.sandbox.layout import CHECKOUT
from tests.component.azure.conftest import AzureProcess, Project

pytestmark = pytest.mark.stress

PROGRAM = f"""
import json, pathlib, sys
sys.path.insert(0, {str(CHECKOUT)!r})
from components.azure import foundation

asked = json.loads(pathlib.Path(__file__).with_name("asked.json").read_text())
foundation._this_month = lambda: asked["month"]
foundation.PlatformFoundation("f", {{
    "ownership": {{
        "team": "platform", "owner": "platform", "environment": "dev", "cost_center": "ml", "data_class": "internal",
        "commit": "0000001", "change": "CHG-7",
    }},
    "organisation": "hg", "tenant_id": "cccccccc-0000-4000-8000-000000000001",
    "regions": [{{"name": "uaenorth", "network": "10.60.0.0/16"}}],
    "budget": {{"monthly": asked["monthly"], "contacts": ["a@example.com"], "thresholds": [80]}},
    "protect": False,
}})
"""


def planned(project: Project, folder: Path, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a plan says of the budget; its seed is random."""
    (folder / "asked.json").write_text(json.dumps(asked))
    project.run("preview", "-s", "dev", "--save-plan", "plan.json")
    steps = json.loads((folder / "plan.json").read_text())["resourcePlans"]
    return [{**step, "seed": ""} for urn, step in steps.items() if "consumption:Budget" in urn]


def test_a_plan_is_the_same_in_the_next_month(azure: AzureProcess, tmp_path: Path) -> None:
    """The budget that stands keeps the month in which it was made, whatever else of it changes."""
    folder = tmp_path / "project"
    project = Project(folder, azure, PROGRAM)
    project.deployed({"month": "2999-01-01", "monthly": 100})
    plans = [planned(project, folder, {"month": f"2999-0{month}-01", "monthly": 200}) for month in (1, 2)]

    assert plans[0] == plans[1]
    assert [step["goal"]["inputDiff"]["updates"] for step in plans[0]] == [{"amount": 200}]
