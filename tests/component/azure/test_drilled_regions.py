"""The two ways in which a drill takes a region out, asked of an Azure that runs."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.cli.drill_platform import Azure, EdgeSwitch, SimulatedOutage, outage_left
from headgate.sandbox.azure.client import Patience
from headgate.sandbox.azure.ids import SUBSCRIPTION_ID
from tests.component.azure.conftest import AzureProcess

pytestmark = pytest.mark.component

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-edge"
PROFILE = f"{GROUP}/providers/Microsoft.Cdn/profiles/afd"
ORIGINS = f"{PROFILE}/originGroups/gateways/origins"
REGIONS = ("uaenorth", "uaecentral")


def put(azure: AzureProcess, arm_id: str, **body: Any) -> None:
    """Create a resource."""
    azure.client.put(arm_id, "2025-04-15", body, Patience())


def deployed(azure: AzureProcess) -> Azure:
    """Return an Azure with an edge before two regions."""
    put(azure, GROUP, location="uaenorth")
    put(azure, PROFILE, location="Global", sku={"name": "Premium_AzureFrontDoor"})
    put(azure, f"{PROFILE}/originGroups/gateways", properties={})
    for number, region in enumerate(REGIONS):
        stated = {"hostName": f"{region}.test", "priority": number + 1, "weight": 500, "enabledState": "Enabled"}
        put(azure, f"{ORIGINS}/{region}", properties=stated)
    return Azure(azure.state)


def test_an_origin_is_turned_off_and_on_and_is_what_it_was(azure: AzureProcess) -> None:
    """Its other properties stay, so that the next update finds no drift; the other region's is not touched."""
    known = deployed(azure)
    before = azure.client.get(f"{ORIGINS}/uaenorth", "2025-04-15")
    switch = EdgeSwitch(known, "uaenorth", list(known.origins("uaenorth")))

    switch.begin()
    out = (switch.holds(), known.origins("uaenorth"), known.origins("uaecentral"))
    outage_left(switch.undo(), azure.state).end()

    assert out == (True, {f"{ORIGINS}/uaenorth": False}, {f"{ORIGINS}/uaecentral": True})
    after = azure.client.get(f"{ORIGINS}/uaenorth", "2025-04-15")
    assert before is not None
    assert after is not None
    assert (switch.holds(), after["properties"]) == (False, before["properties"])


def test_an_outage_ends_by_what_it_does_and_leaves_other_faults(azure: AzureProcess) -> None:
    """A fault of somebody else in the same region stays, and ending what never began is harmless."""
    known = deployed(azure)
    outage = SimulatedOutage(known, "uaenorth")
    known.own("POST", "/-/faults", {"kind": "slow", "region": "uaenorth"})

    outage.begin()
    during = [each["kind"] for each in known.own("GET", "/-/faults")["value"]]
    outage_left(outage.undo(), azure.state).end()
    outage.end()

    assert during == ["slow", "outage"]
    assert [each["kind"] for each in known.own("GET", "/-/faults")["value"]] == ["slow"]
