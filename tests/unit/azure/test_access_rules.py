"""What Azure refuses about roles, and about outside tokens that act as an identity."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.azure.ids import SUBSCRIPTION_ID, group_id, stable_uuid
from tests.unit.azure.conftest import GROUP, PROVIDERS, Azure

pytestmark = pytest.mark.unit

CLUSTER = f"{PROVIDERS}/Microsoft.ContainerService/managedClusters/aks"
IDENTITY = f"{PROVIDERS}/Microsoft.ManagedIdentity/userAssignedIdentities/id-team"
ROLES = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions"
SOMEBODY = stable_uuid("somebody")


def role_id(name: str) -> str:
    """Return the id of a role definition in the group."""
    return f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions/{stable_uuid(name)}"


def role(name: str, scope: str = GROUP) -> dict[str, Any]:
    """Return a role definition's body."""
    return {"properties": {"roleName": name, "assignableScopes": [scope], "permissions": [{"actions": []}]}}


def assignment_id(scope: str, name: str) -> str:
    """Return the id of an assignment."""
    return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{stable_uuid(name)}"


def assignment(of: str, principal: str = SOMEBODY) -> dict[str, Any]:
    """Return an assignment's body."""
    return {"properties": {"roleDefinitionId": f"{ROLES}/{stable_uuid(of)}", "principalId": principal}}


def credential(**changed: Any) -> dict[str, Any]:
    """Return a credential's body."""
    whole = {"issuer": "https://issuer/1/", "subject": "system:serviceaccount:a:b", "audiences": ["api://x"]}
    return {"properties": {**whole, **changed}}


@pytest.fixture
def cluster(azure: Azure) -> str:
    """Return a cluster to give rights on."""
    boot = {"name": "boot", "mode": "System", "vmSize": "Standard_D4s_v5", "count": 1}
    properties = {"dnsPrefix": "x", "agentPoolProfiles": [boot]}
    azure.put(CLUSTER, {"location": "uaenorth", "identity": {"type": "SystemAssigned"}, "properties": properties})
    return CLUSTER


@pytest.fixture
def identity(azure: Azure) -> str:
    """Return an identity to act as."""
    azure.put(IDENTITY, {"location": "uaenorth"})
    return IDENTITY


def refused(azure: Azure, arm_id: str, body: dict[str, Any]) -> tuple[int, str]:
    """Return why a write is refused."""
    with pytest.raises(ArmError) as caught:
        azure.put(arm_id, body)
    return caught.value.status, caught.value.code


def test_a_role_can_be_given_on_a_namespace_of_a_cluster(azure: Azure, cluster: str) -> None:
    """A namespace is no resource of its own: the cluster must exist, the namespace need not."""
    azure.put(role_id("view"), role("view"))

    made = azure.put(assignment_id(f"{cluster}/namespaces/team-fraud", "a"), assignment("view"))

    assert made["properties"]["principalId"] == SOMEBODY
    assert refused(azure, assignment_id(f"{CLUSTER}-none/namespaces/team-fraud", "b"), assignment("view")) == (
        404,
        "ParentResourceNotFound",
    )


def test_a_role_is_given_where_its_definition_says(azure: Azure, cluster: str) -> None:
    """A team's role of one group is worth nothing in another."""
    azure.put(group_id("rg-other"), {"location": "uaenorth"})
    azure.put(role_id("view"), role("view"))

    assert refused(azure, assignment_id(group_id("rg-other"), "a"), assignment("view")) == (
        400,
        "RoleAssignmentScopeNotAssignableToRoleDefinition",
    )


def test_an_assignments_name_is_one_in_the_tenant(azure: Azure, cluster: str) -> None:
    """The same name elsewhere is an attempt to move it, and refused."""
    azure.put(assignment_id(cluster, "a"), assignment("reader"))

    assert refused(azure, assignment_id(GROUP, "a"), assignment("reader")) == (409, "RoleAssignmentUpdateNotPermitted")


def test_a_roles_name_is_one_in_the_tenant(azure: Azure) -> None:
    """Another definition of that name is refused; the same one may change."""
    azure.put(role_id("view"), role("view"))

    assert azure.put(role_id("view"), role("view"))["properties"]["roleName"] == "view"
    assert refused(azure, role_id("other"), role("view")) == (409, "RoleDefinitionWithSameNameExists")


def test_a_role_needs_a_scope(azure: Azure) -> None:
    """It could be given nowhere."""
    body = {"properties": {"roleName": "view", "assignableScopes": [], "permissions": []}}

    assert refused(azure, role_id("view"), body) == (400, "MissingAssignableScopes")


def test_a_role_that_somebody_has_stays(azure: Azure, cluster: str) -> None:
    """It goes once nobody has it."""
    azure.put(role_id("view"), role("view"))
    azure.put(assignment_id(cluster, "a"), assignment("view"))

    with pytest.raises(ArmError) as caught:
        azure.delete(role_id("view"))
    azure.delete(assignment_id(cluster, "a"))
    azure.delete(role_id("view"))

    assert caught.value.code == "RoleDefinitionHasAssignments"
    assert [each for each in azure.ids() if "roleDefinitions" in each] == []


@pytest.mark.parametrize(
    "changed",
    [{"issuer": "http://issuer/"}, {"subject": ""}, {"audiences": []}, {"audiences": ["api://x", "api://y"]}],
    ids=["issuer without TLS", "no subject", "no audience", "two audiences"],
)
def test_a_credential_is_whole(azure: Azure, identity: str, changed: dict[str, Any]) -> None:
    """Who vouches, for whom, and to whom: exactly one each."""
    arm_id = f"{identity}/federatedIdentityCredentials/abc"

    assert refused(azure, arm_id, credential(**changed)) == (400, "BadRequest")


def test_a_subject_acts_as_an_identity_once(azure: Azure, identity: str) -> None:
    """The same issuer and subject again are refused, under whatever name; another subject is not."""
    azure.put(f"{identity}/federatedIdentityCredentials/one", credential())

    assert refused(azure, f"{identity}/federatedIdentityCredentials/two", credential()) == (409, "Conflict")
    azure.put(f"{identity}/federatedIdentityCredentials/two", credential(subject="system:serviceaccount:a:c"))


def test_an_identity_has_at_most_twenty_credentials(azure: Azure, identity: str) -> None:
    """Azure's limit; an existing one may still change."""
    for number in range(20):
        azure.put(f"{identity}/federatedIdentityCredentials/n{number:02}", credential(subject=f"s{number}"))

    assert refused(azure, f"{identity}/federatedIdentityCredentials/n20", credential()) == (400, "BadRequest")
    azure.put(f"{identity}/federatedIdentityCredentials/n00", credential(subject="changed"))
