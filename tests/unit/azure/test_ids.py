"""ARM ids."""

from __future__ import annotations

import pytest

from headgate.sandbox.azure.ids import GROUP_PATH, IdTemplate, group_of, is_uuid, key, stable_uuid
from headgate.sandbox.azure.types import CATALOGUE, spec_for_id

pytestmark = pytest.mark.unit

POOL = CATALOGUE["containerservice:AgentPool"].template


def test_an_id_is_built_from_its_parameters_and_read_back() -> None:
    """What is built from parameters gives the same parameters."""
    values = {"subscriptionId": "s", "resourceGroupName": "g", "resourceName": "aks", "agentPoolName": "gpu"}

    built = POOL.build(values)

    assert built == (
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/aks/agentPools/gpu"
    )
    assert POOL.match(built) == values


def test_ids_match_whatever_their_case() -> None:
    """Azure answers `resourcegroups` as well as `resourceGroups`."""
    found = IdTemplate(GROUP_PATH).match("/subscriptions/s/resourcegroups/RG")

    assert found == {"subscriptionId": "s", "resourceGroupName": "RG"}


def test_a_scope_spans_segments() -> None:
    """An extension resource's scope is a whole id, given with or without its slash."""
    template = CATALOGUE["authorization:RoleAssignment"].template

    built = template.build({"scope": "/subscriptions/s/resourceGroups/g", "roleAssignmentName": "n"})

    assert built == "/subscriptions/s/resourceGroups/g/providers/Microsoft.Authorization/roleAssignments/n"
    assert template.match(built) == {"scope": "subscriptions/s/resourceGroups/g", "roleAssignmentName": "n"}


def test_an_extension_of_a_nested_resource_is_told_from_the_resource() -> None:
    """The type is that of the last provider in an id."""
    cluster = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/a"
    found = spec_for_id(f"{cluster}/providers/Microsoft.Insights/diagnosticSettings/d")

    assert found is not None
    assert found[0].token == "monitor:DiagnosticSetting"
    assert dict(found[1]) == {"resourceUri": cluster[1:], "name": "d"}


@pytest.mark.parametrize(
    ("token", "parent", "arm_type"),
    [
        ("resources:ResourceGroup", None, "Microsoft.Resources/resourceGroups"),
        ("containerregistry:Registry", GROUP_PATH, "Microsoft.ContainerRegistry/registries"),
        (
            "cdn:AFDOrigin",
            CATALOGUE["cdn:AFDOriginGroup"].path,
            "Microsoft.Cdn/profiles/originGroups/origins",
        ),
        ("consumption:Budget", None, "Microsoft.Consumption/budgets"),
    ],
)
def test_type_and_parent_follow_from_the_path(token: str, parent: str | None, arm_type: str) -> None:
    """Nothing but the path is stated in the catalogue."""
    template = CATALOGUE[token].template

    assert (template.parent, template.arm_type) == (parent, arm_type)


def test_stable_uuids_are_the_same_whatever_the_case() -> None:
    """A principal keeps its id when its resource is created again with other letters."""
    assert stable_uuid("principal", "/A/b") == stable_uuid("PRINCIPAL", "/a/B")
    assert is_uuid(stable_uuid("x"))
    assert not is_uuid("x")


def test_keys_and_groups() -> None:
    """Keys ignore case and slashes at the ends."""
    assert key("Subscriptions/S/") == "/subscriptions/s"
    assert group_of("/subscriptions/s/resourceGroups/My-RG/providers/x") == "My-RG"
    assert group_of("/subscriptions/s") is None
