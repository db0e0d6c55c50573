"""Faults on demand."""

from __future__ import annotations

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.faults import Faults
from headgate.sandbox.azure.store import Store
from tests.unit.azure.conftest import GROUP, Azure
from tests.unit.azure.test_rules import BASIC, CLUSTER, REGISTRY, cluster

pytestmark = pytest.mark.unit


def refusal(azure: Azure, arm_id: str) -> ArmError | None:
    """Return what a read meets."""
    try:
        azure.get(arm_id)
    except ArmError as error:
        return error
    return None


def test_throttling_is_counted_and_says_when_to_come_again(azure: Azure) -> None:
    """Two calls are refused, the third is answered, and the rule is gone."""
    azure.resources.faults.add({"kind": "throttle", "count": 2, "retry_after": 7})

    met = [refusal(azure, GROUP) for _ in range(3)]

    assert [(error.status, error.code, error.retry_after) if error else None for error in met] == [
        (429, "TooManyRequests", 7),
        (429, "TooManyRequests", 7),
        None,
    ]
    assert azure.resources.faults.in_force() == []


def test_an_outage_concerns_its_region_alone(azure: Azure) -> None:
    """Resources elsewhere are answered; children fail with their parent's region; it lasts until it is cleared."""
    azure.put(CLUSTER, cluster())
    azure.resources.faults.add({"kind": "outage", "region": "westeurope"})
    elsewhere = refusal(azure, CLUSTER)
    azure.resources.faults.add({"kind": "outage", "region": "uaenorth"})
    here = refusal(azure, f"{CLUSTER}/agentPools/boot")
    azure.resources.faults.clear()

    assert elsewhere is None
    assert here is not None
    assert (here.status, here.code) == (503, "ServiceUnavailable")
    assert refusal(azure, CLUSTER) is None


def test_a_quota_fault_refuses_writes_of_its_type(azure: Azure) -> None:
    """Another type is not concerned."""
    azure.resources.faults.add({"kind": "quota", "type": "containerservice:ManagedCluster"})

    azure.put(REGISTRY, BASIC)
    with pytest.raises(ArmError) as caught:
        azure.put(CLUSTER, cluster())

    assert caught.value.code == "QuotaExceeded"


def test_a_failure_half_way_leaves_a_failed_resource_that_can_be_put_again(azure: Azure) -> None:
    """The resource exists, says Failed, and is repaired by the same PUT."""
    azure.resources.faults.add({"kind": "fail-halfway", "type": "containerregistry:Registry", "count": 1})

    failed = azure.put(REGISTRY, BASIC)["properties"]["provisioningState"]
    again = azure.put(REGISTRY, BASIC)["properties"]["provisioningState"]

    assert [failed, again] == ["Failed", "Succeeded"]


def test_rules_survive_a_restart(store: Store) -> None:
    """What was asked for stays in force, with its count."""
    Faults(store).add({"kind": "outage", "region": "uaenorth"})

    assert Faults(store).in_force() == [
        {
            "id": "1",
            "kind": "outage",
            "type": None,
            "region": "uaenorth",
            "count": 0,
            "retry_after": 1,
            "hits": 0,
            "stop_region": False,
        }
    ]


def test_an_unknown_type_is_refused(store: Store) -> None:
    """A fault that can never be met is a mistake."""
    with pytest.raises(HeadgateError, match="no such resource type"):
        Faults(store).add({"kind": "outage", "type": "containerservice:Pool"})
