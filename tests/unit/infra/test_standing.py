"""What stands decides what an update may do: regions drain before they go, and teams leave them in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.stack import LoadedStack, StackName, load
from headgate.stack.layers import Layered
from tests.unit.infra.test_stacks import PLATFORM

pytestmark = pytest.mark.unit

NAME = "organization/headgate/platform-prod"
TEAM = "organization/headgate/fraud-prod"
Run = Callable[..., Any]


def standing(version: str = "1.36", **regions: str) -> dict[str, Any]:
    """Return the exports of a platform as it was last deployed."""
    return {"standing": {"kubernetes_version": version, "home": "uaenorth", "regions": regions}}


def drained(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    """Have every platform ask for a region to be drained."""
    checked = load._checked

    def draining(name: StackName, layered: Layered) -> LoadedStack:
        for row in layered.value.get("regions", []) if name.is_platform else []:
            if row["name"] == region:
                row["state"] = "draining"
        return checked(name, layered)

    monkeypatch.setattr(load, "_checked", draining)


def test_a_platform_exports_what_the_next_update_compares_with(run: Run) -> None:
    """Version, regions with their states, and whether Karpenter has nodes there."""
    assert run("platform-prod").exports["standing"] == {
        "kubernetes_version": "1.36",
        "home": "uaenorth",
        "regions": {"uaenorth": "serving", "uaecentral": "serving"},
        "provisioned": False,
    }


def test_a_region_in_traffic_can_not_be_removed(run: Run) -> None:
    """The refusal comes before anything is made, with the step that is missing."""
    deployed = {NAME: standing(uaenorth="serving", uaecentral="serving", westeurope="serving")}

    with pytest.raises(HeadgateError) as caught:
        run("platform-prod", deployed=deployed)

    assert caught.value.what == "region westeurope is still in traffic and can't be removed yet"
    assert "state: draining" in str(caught.value.fix)


def test_a_region_is_kept_until_its_teams_have_left(run: Run) -> None:
    """A team whose last update had models there is named."""
    deployed = {
        NAME: standing(uaenorth="serving", uaecentral="serving", westeurope="draining"),
        TEAM: {"summary": {"regions": ["uaenorth", "westeurope"]}},
    }

    with pytest.raises(HeadgateError) as caught:
        run("platform-prod", deployed=deployed)

    assert (caught.value.what, caught.value.fix) == (
        "fraud-prod still has its models in westeurope",
        "pulumi up -s fraud-prod, then this again",
    )


def test_a_drained_and_empty_region_goes(run: Run) -> None:
    """Nothing stands in the way of the update."""
    deployed = {
        NAME: standing(uaenorth="serving", uaecentral="serving", westeurope="draining"),
        TEAM: {"summary": {"regions": ["uaenorth", "uaecentral"]}},
    }

    assert run("platform-prod", deployed=deployed).exports["summary"]["regions"] == ["uaenorth", "uaecentral"]


@pytest.mark.parametrize(("before", "what"), [
    ("1.37", "Kubernetes can't go back to an older version"),
    ("1.34", "Kubernetes goes up by one minor at a time"),
])  # fmt: skip
def test_versions_are_held_to_one_step(run: Run, before: str, what: str) -> None:
    """Against what is deployed, not against what the file said before."""
    with pytest.raises(HeadgateError) as caught:
        run("platform-prod", deployed={NAME: standing(before, uaenorth="serving", uaecentral="serving")})

    assert caught.value.what == what


@pytest.mark.parametrize(
    ("deployed", "regions"),
    [
        ({}, ["uaenorth", "uaecentral"]),
        ({NAME: standing(uaenorth="serving", uaecentral="serving")}, ["uaenorth", "uaecentral"]),
        ({NAME: standing(uaenorth="serving", uaecentral="draining")}, ["uaenorth"]),
    ],
    ids=["not deployed", "in traffic", "drained"],
)
def test_models_leave_a_region_once_it_is_out_of_traffic(
    run: Run, deployed: dict[str, Any], regions: list[str]
) -> None:
    """What the platform's last update says counts: until it has drained a region, callers still come."""
    program = run("fraud-prod", platform=PLATFORM, deployed=deployed)

    assert program.exports["summary"]["regions"] == regions


def test_a_drained_region_is_out_of_the_edge_and_keeps_its_cluster(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its endpoint is disabled, its cluster stands, and the priority of the others is theirs."""
    drained(monkeypatch, "uaecentral")

    program = run("platform-prod")
    endpoints = {
        inputs["endpointName"]: (inputs["endpointStatus"], inputs["priority"])
        for kind, inputs in program.resources.values()
        if kind == "azure-native:trafficmanager:Endpoint"
    }

    assert endpoints == {"uaenorth": ("Enabled", 1), "uaecentral": ("Disabled", 102)}
    assert program.kinds()["ServingCluster"] == 2
