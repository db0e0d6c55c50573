"""TeamAccess: a team's identity and rights on the cloud in one region, whole, in its three cases."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from components import names
from components.azure.team_roles import LEVELS, OWNER_LEVEL
from components.catalog import TeamAccess

pytestmark = pytest.mark.unit

GROUP = "/subscriptions/s/resourceGroups/rg-headgate-prod-uaenorth"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-prod-uaenorth"
SPACE = f"{CLUSTER}/namespaces/team-fraud"
ROLES = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions"
OWN_GROUP = "rg-headgate-prod-uaenorth-team-fraud"
ISSUER = "https://uaenorth.oic.example/1/"
CLUSTER_USER = "4abbcc35-e782-43d8-92c5-2d3f1bd2253f"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
SECRET = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv/secrets/api-key"


@pytest.fixture
def ownership(ownership: dict[str, str]) -> dict[str, str]:
    """Return a team's."""
    return {**ownership, "team": "fraud"}


def access(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one region's access."""

    def program() -> dict[str, Any]:
        args: Any = {
            "ownership": ownership,
            "region": "uaenorth",
            "cluster_id": CLUSTER,
            "issuer": ISSUER,
            **more,
        }
        made = TeamAccess("a", args)
        return {"client_id": made.client_id, "principal_id": made.principal_id, "group": made.resource_group}

    return program


def guid(role: str, purpose: str) -> str:
    """Return the id of an assignment."""
    return names.grant(role, "prod", "uaenorth", "fraud", purpose)


def own_role(level: str) -> str:
    """Return the id of a level's role."""
    return names.role(level, "prod", "uaenorth", "fraud")


def assignment(purpose: str, role: str, principal: str, kind: str, scope: str) -> dict[str, Any]:
    """Return an assignment, whole."""
    return {
        "roleAssignmentName": guid(role, purpose),
        "roleDefinitionId": f"{ROLES}/{role}",
        "principalId": principal,
        "principalType": kind,
        "scope": scope,
    }


def definition(level: str) -> dict[str, Any]:
    """Return a role's definition, whole."""
    return {
        "roleDefinitionId": own_role(level),
        "roleName": f"Headgate prod uaenorth fraud: {level}",
        "description": f"What fraud may {level} in its namespace of the prod cluster in uaenorth",
        "scope": GROUP,
        "assignableScopes": [GROUP],
        "permissions": [{"actions": [], "notActions": [], "dataActions": LEVELS[level], "notDataActions": []}],
    }


def federation(account: str) -> dict[str, Any]:
    """Return a service account's credential, whole."""
    return {
        "federatedIdentityCredentialResourceName": f"team-fraud-{account}",
        "resourceName": "id-prod-uaenorth-team-fraud",
        "resourceGroupName": OWN_GROUP,
        "issuer": ISSUER,
        "subject": f"system:serviceaccount:team-fraud:{account}",
        "audiences": ["api://AzureADTokenExchange"],
    }


def defaults(tags: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return what there is without any option."""
    return {
        "a-group": {"resourceGroupName": OWN_GROUP, "location": "uaenorth", "tags": tags},
        "a-identity": {
            "resourceName": "id-prod-uaenorth-team-fraud",
            "resourceGroupName": OWN_GROUP,
            "location": "uaenorth",
            "tags": tags,
        },
        "a-models-federation": federation("models"),
        "a-view-role": definition("view"),
        "a-edit-role": definition("edit"),
    }


def made(recording: Any) -> dict[str, dict[str, Any]]:
    """Return name → inputs of all that the component made; everything is its child."""
    children = [each for each in recording.resources if each.type.startswith("azure-native:")]
    assert {each.parent for each in children} == {"a"}
    return {each.name: each.inputs for each in children}


@pytest.fixture
def tags(tags: dict[str, str]) -> dict[str, str]:
    """Return a team's."""
    return {**tags, "team": "fraud"}


def test_defaults(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """An identity in a group of the team's own, that the models' service account acts as and that may do nothing."""
    recording = record(access(ownership))

    assert made(recording) == defaults(tags)
    assert [each.name for each in recording.resources if each.protect] == ["a-group", "a-identity"]
    assert recording.outputs == {
        "client_id": "client of a-identity",
        "principal_id": "principal of a-identity",
        "group": OWN_GROUP,
    }


def test_max(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """Groups reach the cluster once and their namespace alone; a right is on one resource; accounts act each."""
    recording = record(
        access(
            ownership,
            service_accounts=["models", "jobs"],
            edit_groups=["g1"],
            view_groups=["g1", "g2"],
            rights=[{"purpose": "api-key", "role": SECRETS_USER, "scope": SECRET}],
        )
    )

    assert made(recording) == {
        **defaults(tags),
        "a-jobs-federation": federation("jobs"),
        "a-connect-g1-grant": assignment("connect-g1", CLUSTER_USER, "g1", "Group", CLUSTER),
        "a-connect-g2-grant": assignment("connect-g2", CLUSTER_USER, "g2", "Group", CLUSTER),
        "a-view-g1-grant": assignment("view-g1", own_role("view"), "g1", "Group", SPACE),
        "a-view-g2-grant": assignment("view-g2", own_role("view"), "g2", "Group", SPACE),
        "a-edit-g1-grant": assignment("edit-g1", own_role("edit"), "g1", "Group", SPACE),
        "a-api-key-grant": assignment("api-key", SECRETS_USER, "principal of a-identity", "ServicePrincipal", SECRET),
    }


def test_hardened(record: Any, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """No service account may act as the identity, nobody has a role, and nothing can be deleted."""
    recording = record(access(ownership, service_accounts=[], protect=True))
    expected = defaults(tags)
    del expected["a-models-federation"]

    assert made(recording) == expected
    assert [each.name for each in recording.resources if each.protect] == ["a-group", "a-identity"]


def test_protection_can_be_left_out_where_a_platform_is_rebuilt(record: Any, ownership: dict[str, str]) -> None:
    """As in the sandbox."""
    assert [each for each in record(access(ownership, protect=False)).resources if each.protect] == []


@pytest.mark.parametrize("role", OWNER_LEVEL)
def test_an_owner_level_role_is_no_workloads(record: Any, ownership: dict[str, str], role: str) -> None:
    """The error names the right and the role."""
    right = {"purpose": "everything", "role": role, "scope": SECRET}

    with pytest.raises(ValueError, match=f"rights: everything: {OWNER_LEVEL[role]} is no right of a workload"):
        record(access(ownership, rights=[right]))


@pytest.mark.parametrize("scope", ["/subscriptions/s", GROUP])
def test_a_right_is_on_one_resource(record: Any, ownership: dict[str, str], scope: str) -> None:
    """Neither on a subscription nor on a resource group."""
    right = {"purpose": "wide", "role": SECRETS_USER, "scope": scope}

    with pytest.raises(ValueError, match=r"rights: wide: .* is wider than one resource"):
        record(access(ownership, rights=[right]))


def test_levels_name_every_action() -> None:
    """No wildcard, no secrets, no way into a pod; editing adds the restart of pods and nothing else."""
    actions = LEVELS["edit"]

    assert [each for each in actions if "*" in each or "secrets" in each or "exec" in each] == []
    assert [each.rpartition("/")[2] for each in LEVELS["view"]] == ["read"] * len(LEVELS["view"])
    assert set(actions) - set(LEVELS["view"]) == {"Microsoft.ContainerService/managedClusters/pods/delete"}


def test_ids_differ_by_place_and_purpose() -> None:
    """An assignment's id is one in the tenant: environments, regions and teams must not share any."""
    places = [
        (environment, region, team)
        for environment in ("dev", "prod")
        for region in ("uaenorth", "uaecentral")
        for team in ("fraud", "vision")
    ]
    ids = [
        made
        for place in places
        for made in (names.role("view", *place), names.role("edit", *place), names.grant("r", *place, "connect"))
    ]

    assert len(set(ids)) == len(ids)
    assert [str(uuid.UUID(each)) for each in ids] == ids
