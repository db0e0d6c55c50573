"""What becomes of pending operations."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.engine import identity
from headgate.engine.pending import Settled, settle
from headgate.sandbox.azure.ids import SUBSCRIPTION_ID

pytestmark = pytest.mark.unit

URN = "urn:pulumi:dev::headgate::kubernetes:core/v1:ConfigMap::a"


def resource(**fields: Any) -> dict[str, Any]:
    """Return a resource of a state."""
    return {"urn": URN, "type": "kubernetes:core/v1:ConfigMap", "inputs": {"x": 1}, **fields}


def pending(kind: str, *resources: dict[str, Any]) -> dict[str, Any]:
    """Return a deployment with one pending operation."""
    return {"resources": list(resources), "pending_operations": [{"type": kind, "resource": resource()}]}


def test_create_that_exists_enters_the_state() -> None:
    """It gets its id, and outputs that a refresh will fill."""
    deployment, settled = settle(pending("creating"), lambda _resource: "default/a")

    assert deployment == {"resources": [resource(id="default/a", outputs={})]}
    assert settled == Settled(kept=(URN,))


def test_create_that_does_not_exist_is_forgotten() -> None:
    """Nothing is left of it."""
    assert settle(pending("creating"), lambda _resource: None) == ({"resources": []}, Settled(forgotten=(URN,)))


def test_replacement_that_exists_leaves_the_old_one_to_delete() -> None:
    """Created beside the old one: the old one is marked, as the engine does at that point."""
    deployment, _ = settle(pending("creating", resource(id="default/old")), lambda _resource: "default/new")

    assert deployment["resources"] == [
        resource(id="default/old", delete=True),
        resource(id="default/new", outputs={}),
    ]


def test_replacement_after_deletion_takes_the_place() -> None:
    """The old one was deleted first, and its entry only waited for the new one."""
    deployment, _ = settle(
        pending("creating", resource(id="default/a", pendingReplacement=True)), lambda _resource: "default/a"
    )

    assert deployment["resources"] == [resource(id="default/a", outputs={})]


def test_create_already_in_the_state_is_not_there_twice() -> None:
    """The same id under the same URN is the same resource, and is not marked for deletion."""
    deployment, _ = settle(pending("creating", resource(id="default/a", outputs={"y": 2})), lambda _r: "default/a")

    assert deployment["resources"] == [resource(id="default/a", outputs={})]


@pytest.mark.parametrize("kind", ["updating", "deleting"])
def test_update_and_deletion_are_refreshed(kind: str) -> None:
    """What is in the state stays, to be asked for."""
    old = resource(id="default/a", outputs={"y": 2})

    assert settle(pending(kind, old), lambda _resource: None) == ({"resources": [old]}, Settled(refreshed=(URN,)))


def test_operation_on_what_is_no_longer_there_is_forgotten() -> None:
    """A deletion that the state already shows as done needs no refresh, which would fail on the URN."""
    assert settle(pending("deleting"), lambda _resource: None) == ({"resources": []}, Settled(forgotten=(URN,)))


@pytest.mark.parametrize(
    ("resource_type", "inputs", "ids"),
    [
        ("kubernetes:core/v1:ConfigMap", {"metadata": {"name": "a", "namespace": "ns"}}, ["ns/a"]),
        ("kubernetes:core/v1:Namespace", {"metadata": {"name": "a"}}, ["a", "default/a"]),
        ("kubernetes:core/v1:ConfigMap", {"metadata": {"generateName": "a"}}, []),
        ("kubernetes:core/v1:ConfigMap", {}, []),
        (
            "azure-native:resources:ResourceGroup",
            {"resourceGroupName": "rg"},
            [f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg"],
        ),
        (
            "azure-native:containerservice:ManagedCluster",
            {"resourceGroupName": "rg", "resourceName": "aks"},
            [
                f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg/providers/Microsoft.ContainerService"
                "/managedClusters/aks"
            ],
        ),
        ("azure-native:containerservice:ManagedCluster", {"resourceGroupName": "rg"}, []),
        ("azure-native:nowhere:Nothing", {"resourceGroupName": "rg"}, []),
        ("random:index:RandomString", {"length": 3}, []),
    ],
)
def test_ids_that_a_resource_can_have(resource_type: str, inputs: dict[str, Any], ids: list[str]) -> None:
    """Ids follow from the inputs by each provider's own rule; where they don't, there is none to ask for."""
    assert identity.candidates(resource_type, inputs) == ids
